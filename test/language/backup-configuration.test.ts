import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { schemaFor } from '../../src/language/index.js';
import { edit, load, places, takeMarks, validate } from './reading.js';

const operations = 'age17wyrxntg0y098aj7selxu040n9sw8gy27dgzuw9992g0s3xl0a7qcmmht4';
const escrow = 'age1m3u5su4zu0m3kr6h6jxvc550fx95p2qcugsq0zrumcet4yweksdsvqs6uf';

/** A programme with everything that the backup engine can be told. */
const programme = `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Rides}
environments:
  lab: {kind: lab}
  production:
    kind: declared
    database: {host: db.internal, port: 5432, name: rides, user: firedrill, dataDirectory: /var/lib/pg}
    fingerprint: {systemIdentifier: "7412345678901234567", host: db.internal, port: 5432}
    store: main
    standby: {host: standby.internal, port: 5432}
    signing: {keyFile: /etc/firedrill/host.pem, trustFiles: [/etc/firedrill/verifier.pub]}
    wal: {directory: /backup/wal, slot: firedrill}
    policy: {staticTables: [public.cities]}
  verifier:
    kind: declared
    database: {host: db.internal, port: 5432, name: rides, user: firedrill}
    fingerprint: {systemIdentifier: "7412345678901234567", host: db.internal, port: 5432}
    store: offsite
    signing: {verifierKeyFile: /etc/firedrill/verifier.pem, trustFiles: [/etc/firedrill/host.pub]}
    identities: [/etc/firedrill/operations.txt]
    policy: {}
stores:
  main: {kind: local, directory: /backup}
  offsite:
    kind: s3
    bucket: rides-backups
    prefix: production
    region: eu-central-1
    endpoint: "https://s3.example.org"
    pathStyle: true
    credentials: {profile: writer, file: /etc/firedrill/s3}
    storageClass: STANDARD_IA
    lock: {mode: compliance, for: 90d}
    checksums: when-required
    requestTimeout: 30s
policies:
  hourly:
    environment: production
    way: physical
    store: main
    copies: [offsite]
    encryption:
      recipients:
        operations: ${operations}
        escrow: ${escrow}
    interval: 1h
    retention: {keep: 7, for: 30d, copies: 90d}
    safety: {for: 7d}
    verify: {rpo: 1h, rto: 4h, canary: {table: firedrill.canary, column: written_at}, smoke: ["select count(*) > 0 from cities"]}
  weekly:
    environment: production
    way: pgbackrest
    store: main
    interval: 7d
    repository: {stanza: rides, config: /etc/pgbackrest.conf, repo: 1}
`;

test('everything the backup engine can be told is right, and an editor says so too', () => {
  expect(validate(programme)).toEqual([]);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const fits = ajv.compile(schemaFor('Configuration'));
  expect([fits(parse(programme)), fits.errors]).toEqual([true, null]);
  for (const [from, to] of [
    ['mode: compliance', 'mode: strict'],
    ['region: eu-central-1', 'regon: eu-central-1'],
    ['way: pgbackrest', 'way: barman'],
    [`escrow: ${escrow}`, 'escrow: me'],
  ] as const)
    expect([to, fits(parse(edit(programme, from, to)))]).toEqual([to, false]);
});

test('every key of a store and a policy says what it is for', () => {
  const lacking: string[] = [];
  const look = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties')
        for (const [name, one] of Object.entries(value as Record<string, { description?: string }>))
          if ((one.description ?? '') === '') lacking.push(`${path}.${name}`);
      look(value, `${path}.${key}`);
    }
  };
  look(schemaFor('Configuration'), '');
  expect(lacking).toEqual([]);
});

const mistyped = escrow.slice(0, -1) + (escrow.endsWith('q') ? 'p' : 'q');

test.each<[name: string, from: string, to: string, code: string, says: RegExp]>([
  [
    'a store of a policy',
    'store: main\n    copies',
    'store: ▶man\n    copies',
    'unknown-store',
    /mean "main"/,
  ],
  ['a store of copies', 'copies: [offsite]', 'copies: [▶ofsite]', 'unknown-store', /mean "offsite"/],
  ['a copy into its own store', 'copies: [offsite]', 'copies: [▶main]', 'duplicate-store', /twice/],
  [
    'a bucket to make sets in',
    'store: main\n    copies: [offsite]',
    'store: ▶offsite',
    'store-not-local',
    /copies/,
  ],
  [
    'an environment of a policy',
    'environment: production\n    way: physical',
    'environment: ▶prodction\n    way: physical',
    'unknown-environment',
    /mean "production"/,
  ],
  [
    'a policy for a lab',
    'environment: production\n    way: physical',
    'environment: ▶lab\n    way: physical',
    'policy-of-lab',
    /firedrill backup --environment lab/,
  ],
  ['a mistyped recipient', escrow, `▶${mistyped}`, 'bad-recipient', /age-keygen -y/],
  ['a recipient that is none', escrow, '▶somebody', 'bad-recipient', /age1/],
  ['a bucket with a path', 'rides-backups', '▶rides/backups', 'bad-bucket-name', /prefix/],
  ['an endpoint without scheme', '"https://s3.example.org"', '▶s3.example.org', 'bad-endpoint', /https:/],
  ['a lock without its time', '{mode: compliance, for: 90d}', '▶{mode: compliance}', 'missing-key', /for/],
  ['a repository without its way', 'way: pgbackrest', 'way: logical', 'unused-key', /pgbackrest/],
  ['a canary without its column', 'canary, column: written_at}', 'canary}', 'missing-key', /column/],
])('%s is reported where it stands', (_, from, to, code, says) => {
  const { text, marks } = takeMarks(edit(programme, from, to));
  const found = validate(text);
  const [first] = found;
  expect(found.map((one) => one.code)).toEqual([code]);
  if (marks.length > 0) expect(places(found)).toEqual(marks.map((mark) => `${mark} ${code}`));
  expect(`${first?.message ?? ''} | ${first?.hint ?? ''}`).toMatch(says);
});

test('a way of pgBackRest without its repository says what to add', () => {
  const text = edit(
    programme,
    '    repository: {stanza: rides, config: /etc/pgbackrest.conf, repo: 1}\n',
    '',
  );
  expect(validate(text).map(({ code, hint }) => [code, hint])).toEqual([
    ['missing-key', 'Add `repository: {stanza: …}`.'],
  ]);
});

test.each([
  [
    'keys of a bucket',
    'credentials: {profile: writer, file: /etc/firedrill/s3}',
    'secretAccessKey: hunter2-hunter2',
  ],
  [
    'keys inside `credentials`',
    'credentials: {profile: writer, file: /etc/firedrill/s3}',
    'credentials: {secretAccessKey: hunter2-hunter2}',
  ],
  [
    'keys as `credentials`',
    'credentials: {profile: writer, file: /etc/firedrill/s3}',
    'credentials: hunter2-hunter2',
  ],
  ['an identity as a recipient', escrow, 'AGE-SECRET-KEY-1HUNTER2-HUNTER2'],
])('%s are refused as a secret and never repeated', (_, from, to) => {
  const found = validate(edit(programme, from, to));
  expect(found.map((one) => one.code)).toEqual(['secret-in-configuration']);
  expect(JSON.stringify(found).toLowerCase()).not.toContain('hunter2');
});

test('one recipient only, and identities beside the database, are warnings', () => {
  const alone = validate(edit(programme, `        escrow: ${escrow}\n`, ''));
  expect(alone.map(({ severity, code }) => [severity, code])).toEqual([['warning', 'one-recipient']]);
  const same = validate(edit(programme, escrow, operations));
  expect(same.map((one) => one.code)).toEqual(['one-recipient']);
  const beside = validate(
    edit(
      programme,
      '    standby: {host',
      '    identities: [/etc/firedrill/operations.txt]\n    standby: {host',
    ),
  );
  expect(beside.map(({ severity, code }) => [severity, code])).toEqual([
    ['warning', 'identity-beside-database'],
  ]);
});

test('what is written is what is read, durations in milliseconds', () => {
  const { policies, stores } = load('Configuration', programme);
  expect(policies?.['hourly']).toMatchObject({
    retention: { keep: 7, for: 30 * 86_400_000, copies: 90 * 86_400_000 },
    verify: { rpo: 3_600_000, canary: { column: 'written_at' } },
  });
  expect(stores?.['offsite']).toMatchObject({ kind: 's3', lock: { for: 90 * 86_400_000 } });
});
