import { exactly, list, mapOf } from '../shape/collections.js';
import { argv, host, port } from './commands.js';
import { immutable, rotation } from './declared-keys.js';
import { fence, standby, thirdPlace, thirdPlaceSays } from './declared-regions.js';
import { object, optional, required, withDefault } from '../shape/object.js';
import {
  durationMs,
  filePath,
  id,
  kebabPattern,
  number,
  text,
  truth,
  wholeNumber,
} from '../shape/scalars.js';
import type { ShapeValue } from '../shape/shape.js';
import { textLike } from '../shape/scalars.js';
import { tableName } from './table-name.js';

export const labEnvironment = object(
  {
    kind: required(exactly('lab'), 'Throw-away, made by firedrill.'),
    scale: withDefault(number({ min: 0.01, max: 10_000 }), 1, 'Size of the sample database.'),
    from: withDefault(id, 'sample', '`sample`, or the store or policy whose newest backup seeds it.'),
    directory: optional(filePath, 'Where its files lie; default: in `.firedrill/`.'),
    regions: withDefault(wholeNumber(1, 2), 2, 'How many regions it has.'),
    immutableStore: withDefault(
      truth,
      false,
      'Whether its backups are encrypted and copied to a real S3 server in which nobody can remove them.',
    ),
    protects: optional(list(id), 'Declared environments that it must never touch.'),
  },
  { what: 'lab' },
);

export const declaredEnvironment = object(
  {
    kind: required(exactly('declared'), 'Yours: firedrill only uses it.'),
    regions: withDefault(wholeNumber(1, 100), 1, 'How many regions it has.'),
    database: required(
      object(
        {
          host: required(host, 'Host name or socket folder.'),
          port: required(port, 'Port.'),
          name: required(text(63), 'Database.'),
          user: required(text(63), 'Account of the database.'),
          dataDirectory: optional(
            filePath,
            'Its data directory, when it is on this machine: the real path, without links.',
          ),
          outside: optional(
            list(filePath),
            'Real paths of what belongs to it but lies elsewhere: `pg_wal`, tablespaces.',
          ),
          account: optional(
            text(63),
            'Account of this machine that its server runs as; default: `postgres` when firedrill runs as root.',
          ),
          log: optional(filePath, 'The log that its server writes.'),
          stop: optional(argv, 'Stops its server, where a service manager owns it; default: a signal.'),
          start: optional(
            argv,
            'Starts its server, where a service manager owns it; default: as it was started before.',
          ),
          passfile: optional(
            filePath,
            'A libpq password file (mode 0600) that the account of the server can read.',
          ),
          service: optional(text(100), 'A libpq service name.'),
        },
        { what: 'database' },
      ),
      'How clients reach the database.',
    ),
    application: optional(
      object(
        {
          health: required(text(500), 'Address that answers 200 when it works.'),
          address: optional(
            text(500),
            'What `${environment.application}` inserts; default: `health` without the last part of its path.',
          ),
          start: required(
            argv,
            'Starts it, as something that outlives this command, e.g. `[sudo, systemctl, start, rides]`. Has 2 minutes.',
          ),
          stop: required(argv, 'Stops it, e.g. `[sudo, systemctl, stop, rides]`. Has 2 minutes.'),
          isRunning: required(
            argv,
            'Exit code 0 when it runs, 1 or 3 when it does not, as `[systemctl, is-active, rides]`; anything else says neither.',
          ),
          deploy: optional(
            object(
              {
                run: required(
                  argv,
                  'Puts it onto its host, e.g. `[ansible-playbook, deploy.yml]`; it need not start it. Has 30 minutes.',
                ),
                isDone: required(argv, 'Exit code 0 when it is there, 1 or 3 when it is not.'),
              },
              { what: 'deploy' },
            ),
            'How it gets onto a new host.',
          ),
          testWrite: optional(
            object(
              {
                make: required(
                  argv,
                  'Writes once through it, as a customer would, and prints the id of that when it was acknowledged.',
                ),
                find: required(
                  argv,
                  'Exit code 0 when the database holds that id, given as the last argument; 1 or 3 when it does not.',
                ),
              },
              { what: 'testWrite' },
            ),
            'A write that a recovery is tried with.',
          ),
        },
        { what: 'application' },
      ),
      'The application on top of it.',
    ),
    traffic: optional(
      object(
        {
          switch: required(
            argv,
            'Sends clients to `<host> <port>`, given as the last arguments, e.g. `[pooler, point-to]`; also in $FIREDRILL_TO_HOST and $FIREDRILL_TO_PORT. Has 1 minute.',
          ),
          target: required(argv, 'Prints where clients are sent: `<host> <port>`, or `nowhere`.'),
          close: optional(
            argv,
            'Sends clients nowhere, e.g. `[pooler, pause]`; `target` prints `nowhere` then. Has 1 minute. Default: people do it.',
          ),
        },
        { what: 'traffic' },
      ),
      'What sends clients to the database.',
    ),
    infrastructure: optional(
      object(
        {
          provision: required(
            argv,
            'Makes new machines for the database and the application, e.g. `[terraform, apply, -auto-approve]`; its last line says what there is. Has 1 hour.',
          ),
          isProvisioned: required(argv, 'Exit code 0 when they are there, 1 or 3 when they are not.'),
        },
        { what: 'infrastructure' },
      ),
      'The machines that it runs on.',
    ),
    fingerprint: required(
      object(
        {
          systemIdentifier: required(
            textLike(
              /^\d{10,20}$/,
              'bad-identifier',
              'a system identifier',
              '`pg_controldata` prints it; put it in quotes.',
            ),
            'As `pg_controldata` prints it, in quotes.',
          ),
          host: required(host, 'Host.'),
          port: required(port, 'Port.'),
        },
        { what: 'fingerprint' },
      ),
      'What a target must be before anything destructive touches it.',
    ),
    store: required(id, 'The store with its backups.'),
    signing: optional(
      object(
        {
          keyFile: optional(
            filePath,
            'Private key (PEM, Ed25519, mode 0600) that signs the manifests of new backups.',
          ),
          trustFiles: withDefault(
            list(filePath),
            [],
            'Public keys (PEM) whose signatures on manifests are believed.',
          ),
          verifierKeyFile: optional(
            filePath,
            'On a verifier: private key (PEM, Ed25519, mode 0600) that countersigns what passed.',
          ),
        },
        { what: 'signing' },
      ),
      'Whose backups are believed; the key of `keyFile` always is.',
    ),
    identities: optional(
      list(filePath, 1),
      'On a verifier only: identity files of age (mode 0600) that open encrypted sets.',
    ),
    immutable: optional(
      immutable,
      'The copy of its backups that nobody can remove: where a recovery from ransomware reads.',
    ),
    rotation: optional(rotation, 'Roles of the database whose passwords firedrill changes.'),
    standby: optional(
      standby,
      'A streaming standby of it, in the other region: promoted when that region is given up; and where the exact content of a physical backup is read.',
    ),
    fence: optional(fence, 'What shuts the region of `database` off once it was given up.'),
    thirdPlace: optional(thirdPlace, thirdPlaceSays),
    wal: optional(
      object(
        {
          directory: required(filePath, 'Where its log is streamed to.'),
          slot: required(
            textLike(/^[a-z0-9_]{1,63}$/, 'bad-slot-name', 'the name of a slot', 'Use a-z, 0-9 and _.'),
            'Replication slot of the receiver.',
          ),
        },
        { what: 'wal' },
      ),
      'The stream of its write-ahead log to a second place.',
    ),
    workDirectory: optional(
      filePath,
      'Where restored clusters and the one put aside may stand: on the file system of the data directory.',
    ),
    replacementPort: optional(port, 'Port of a restored cluster; default: one that is free.'),
    policy: required(
      object(
        {
          staticTables: withDefault(list(tableName), [], 'Tables that do not change between backups.'),
          appendOnly: withDefault(
            mapOf(text(63), { pattern: /^[^\s"';]+$/, what: 'the name of a table' }),
            {} as never,
            'Table: its key column.',
          ),
        },
        { what: 'policy' },
      ),
      'What is known about its tables.',
    ),
    latency: optional(
      object(
        {
          queries: required(
            mapOf(text(5000), { pattern: kebabPattern, what: 'an id', minEntries: 1 }),
            'Name: a read-only statement whose plan is known.',
          ),
          objective: required(durationMs, 'What is always quick enough, for 95 of 100 answers.'),
          factor: withDefault(
            number({ min: 1, max: 1000 }),
            5,
            'So many times the recorded baseline is quick enough, too.',
          ),
          limit: withDefault(durationMs, 1000, 'After which a query is given up.'),
          baseline: required(filePath, 'Where `postgres.record-baseline` keeps what is normal.'),
          user: optional(text(63), 'Account it connects as; default: that of `database`.'),
          passfile: optional(filePath, 'A libpq password file for it; default: that of `database`.'),
        },
        { what: 'latency' },
      ),
      'How it is measured whether clients are served quickly enough.',
    ),
    sentinel: optional(
      object(
        {
          resolution: required(durationMs, 'How often it writes.'),
          user: optional(text(63), 'Account it connects as; default: that of `database`.'),
          passfile: optional(filePath, 'A libpq password file for it; default: that of `database`.'),
          relation: optional(tableName, 'Table that it reads whole again and again; default: none.'),
        },
        { what: 'sentinel' },
      ),
      'The outside observer.',
    ),
  },
  { what: 'environment' },
);

export type LabEnvironment = ShapeValue<typeof labEnvironment>;
export type DeclaredEnvironment = ShapeValue<typeof declaredEnvironment>;
