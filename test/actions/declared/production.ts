import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  generateSigningKey,
  isReceiving,
  signerFrom,
  startWalReceiver,
  stopWalReceiver,
  takeBackup,
} from '../../../src/backup/index.js';
import { runChild } from '../../../src/children/index.js';
import { damageHeapPages } from '../../../src/damage/index.js';
import {
  connectTo,
  freePort,
  killCluster,
  readFingerprint,
  type ClusterLocation,
} from '../../../src/postgres/index.js';
import { stopSentinel } from '../../../src/sentinel/index.js';
import { openLocalStore } from '../../../src/store/index.js';
import { openGround, type Ground } from '../../postgres/throwaway-cluster.js';
import { endPrograms } from './live-run.js';

/** A cluster that firedrill did not make, with an application, a traffic file and a programme that declares all of it. */
export interface Production {
  readonly ground: Ground;
  readonly primary: ClusterLocation;
  /** The programme's folder. */
  readonly programme: string;
  readonly workDirectory: string;
  readonly walDirectory: string;
  readonly systemIdentifier: string;
  readonly health: string;
  /** Writes firedrill.yaml anew; what is given replaces lines of the declared environment. */
  declare(changes?: Declared): void;
  application(command: 'start' | 'stop' | 'status'): Promise<number | null>;
  traffic(): string;
  /** Damages heap pages of `bookings` for real; resolves to what is unreadable now. */
  damage(): Promise<number>;
  remove(): Promise<void>;
}

export interface Declared {
  readonly systemIdentifier?: string;
  readonly port?: number;
  readonly dataDirectory?: string;
  /** Lines more under the environment, indented by four. */
  readonly more?: string;
  readonly without?: readonly string[];
}

const schema = `
  create extension pg_buffercache;
  create extension amcheck;
  create table cities (id int primary key, name text not null);
  insert into cities select i, 'city ' || i from generate_series(1, 300) i;
  create table bookings (id bigint primary key, rider text not null, at timestamptz not null default now());
  insert into bookings select i, repeat(md5(i::text), 4) from generate_series(1, 40000) i;
  create schema firedrill;
  create table firedrill.canary (id bigint primary key, written_at timestamptz not null, session text not null);
`;

const fixtures = resolve('test/actions/declared/fixtures');

export async function makeProduction(): Promise<Production> {
  const ground = await openGround();
  const { directory, tools } = ground;
  const primary = {
    ...(await ground.cluster('production', { shared_buffers: '4MB', autovacuum: 'off' })),
    database: 'rides',
  };
  const programme = join(directory, 'programme');
  const at = (name: string) => join(directory, name);
  const [workDirectory, walDirectory] = [at('work'), at('wal')];
  for (const folder of [programme, workDirectory, at('service')]) mkdirSync(folder, { mode: 0o755 });
  await ground.withSession({ ...primary, database: 'postgres' }, (session) =>
    session.query('create database rides'),
  );
  await ground.withSession(primary, async (session) => {
    await session.query(schema);
    await session.query('vacuum (freeze, analyze)');
    await session.query('checkpoint');
  });
  // The administrator's password fits every port, as it does for whoever restores by hand.
  writeFileSync(at('service/app.pass'), readFileSync(primary.passfile ?? '', 'utf8'), { mode: 0o600 });
  writeFileSync(at('service/traffic'), `${primary.host} ${primary.port}\n`);
  const key = generateSigningKey();
  writeFileSync(at('backup-key.pem'), key.privateKey, { mode: 0o600 });
  writeFileSync(at('backup-key.pub'), key.publicKey);
  await startWalReceiver({ tools, location: primary, directory: walDirectory, slot: 'second_place' });
  await takeBackup({
    kind: 'physical',
    source: 'production',
    tools,
    location: primary,
    store: openLocalStore(at('store')),
    policy: { staticTables: ['public.cities'], appendOnly: { 'public.bookings': 'id' } },
    walDirectory,
    signer: signerFrom(key.privateKey),
  });
  const applicationPort = await freePort();
  const health = `http://127.0.0.1:${applicationPort}/health`;
  const app = (command: string) => [
    'sh',
    join(fixtures, 'app.sh'),
    command,
    at('service'),
    String(applicationPort),
    process.execPath,
  ];
  const { systemIdentifier } = await readFingerprint(primary);
  cpSync('runbooks', join(programme, 'runbooks'), { recursive: true });
  const declare = (changes: Declared = {}) => {
    const port = changes.port ?? primary.port;
    const sections: { readonly [key: string]: string } = {
      kind: 'declared',
      database: `{host: ${primary.host}, port: ${port}, name: rides, user: admin, passfile: ${primary.passfile ?? ''}, dataDirectory: ${changes.dataDirectory ?? primary.dataDirectory}, log: ${join(primary.socketDirectory, 'postgresql.log')}}`,
      application: `{health: "${health}", start: ${JSON.stringify(app('start'))}, stop: ${JSON.stringify(app('stop'))}, isRunning: ${JSON.stringify(app('status'))}}`,
      traffic: JSON.stringify({
        switch: ['sh', '-c', 'echo "$1 $2" > "$0"', at('service/traffic')],
        target: ['cat', at('service/traffic')],
      }),
      fingerprint: `{systemIdentifier: "${changes.systemIdentifier ?? systemIdentifier}", host: ${primary.host}, port: ${port}}`,
      store: 'main',
      signing: `{keyFile: ${at('backup-key.pem')}}`,
      wal: `{directory: ${walDirectory}, slot: second_place}`,
      workDirectory,
      policy: '{staticTables: [public.cities], appendOnly: {public.bookings: id}}',
      sentinel: '{resolution: 100ms, relation: public.bookings}',
    };
    const lines = Object.entries(sections).filter(([name]) => changes.without?.includes(name) !== true);
    writeFileSync(
      join(programme, 'firedrill.yaml'),
      `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Rides}
people:
  incident-commander: {name: Ana, contact: "+63 917 000 1111"}
  database-lead: {name: Ben, contact: "+63 917 000 2222"}
  communications-lead: {name: Cel, contact: "+63 917 000 3333"}
environments:
  production:
${lines.map(([name, value]) => `    ${name}: ${value}`).join('\n')}
${changes.more ?? ''}
stores:
  main: {kind: local, directory: ${at('store')}}
`,
    );
  };
  const application = async (command: 'start' | 'stop' | 'status') => {
    const [file = '', ...args] = app(command);
    return (await runChild({ file, args })).exitCode;
  };
  declare();
  await application('start');
  chmodSync(programme, 0o755);
  return {
    ground,
    primary,
    programme,
    workDirectory,
    walDirectory,
    systemIdentifier,
    health,
    declare,
    application,
    traffic: () => readFileSync(at('service/traffic'), 'utf8').trim(),
    damage: async () => {
      const session = await connectTo(primary);
      try {
        const truth = await damageHeapPages({
          session,
          dataDirectory: primary.dataDirectory,
          allowedRoot: directory,
          relation: 'public.bookings',
          pages: 2,
          truthFile: at('truth.json'),
          confirm: () => Promise.resolve(),
          signal: new AbortController().signal,
        });
        return truth.pages.filter((page) => page.failedRead !== null).length;
      } finally {
        await session.end();
      }
    },
    remove: async () => {
      endPrograms();
      await endSentinels(programme);
      await application('stop');
      if (await isReceiving(walDirectory)) await stopWalReceiver(walDirectory);
      await endServersBelow(directory, primary);
      await ground.remove();
    },
  };
}

/** A live sentinel never ends by itself: a run that was cut short leaves it. */
export async function endSentinels(programme: string): Promise<void> {
  const runs = join(programme, '.firedrill', 'runs');
  for (const run of existsSync(runs) ? readdirSync(runs) : [])
    await stopSentinel(join(runs, run, 'declared', 'sentinel'));
}

/** Those that a run started in the work folder: a live run leaves its clusters running. */
async function endServersBelow(directory: string, primary: ClusterLocation): Promise<void> {
  const found = await runChild({ file: 'find', args: [directory, '-name', 'postmaster.pid'] });
  for (const file of found.tail) await killCluster({ ...primary, dataDirectory: dirname(file) });
}
