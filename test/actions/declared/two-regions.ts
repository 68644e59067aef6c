import { chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  generateSigningKey,
  isReceiving,
  reserveSlot,
  signerFrom,
  startWalReceiver,
  stopWalReceiver,
  takeBackup,
} from '../../../src/backup/index.js';
import { runChild } from '../../../src/children/index.js';
import {
  copyAsStandby,
  freezeCluster,
  freePort,
  readFingerprint,
  readPassword,
  startCluster,
  thawCluster,
  type ClusterLocation,
} from '../../../src/postgres/index.js';
import { openLocalStore } from '../../../src/store/index.js';
import { openGround, type Ground } from '../../postgres/throwaway-cluster.js';
import { endPrograms } from './live-run.js';
import { endSentinels } from './production.js';

const fixtures = resolve('test/actions/declared/fixtures');

/** Two clusters that firedrill did not make: a primary behind a gate, its standby, an application, and a programme that declares them. */
export interface TwoRegions {
  readonly ground: Ground;
  /** The primary, past the gate. */
  readonly a: ClusterLocation;
  readonly b: ClusterLocation;
  readonly programme: string;
  readonly health: string;
  /** A file or folder of this ground. */
  at(name: string): string;
  /** Writes firedrill.yaml anew, without these sections, and with lines of them replaced. */
  declare(changes?: { readonly without?: readonly string[]; readonly replaced?: Sections }): void;
  /** The section `fence`, with another command that closes it. */
  fenceWith(close: string): string;
  gate(what: 'open' | 'close' | 'is-closed'): Promise<number | null>;
  /** Region A stands still with its connections open. */
  freeze(): Promise<void>;
  healthy(): Promise<boolean>;
  remove(): Promise<void>;
}

interface Sections {
  readonly [key: string]: string;
}

const schema = `
  create table cities (id int primary key, name text not null);
  insert into cities select i, 'city ' || i from generate_series(1, 300) i;
  create table bookings (id bigint primary key, rider text not null, at timestamptz not null default now());
  insert into bookings select i, md5(i::text) from generate_series(1, 5000) i;
  create schema firedrill;
  create table firedrill.canary (id bigint primary key, written_at timestamptz not null, session text not null);
`;

export async function makeTwoRegions(): Promise<TwoRegions> {
  const ground = await openGround();
  const { directory, tools } = ground;
  const at = (name: string) => join(directory, name);
  for (const folder of [at('programme'), at('service')]) mkdirSync(folder, { mode: 0o755 });
  const made = await ground.cluster('region-a', { wal_keep_size: '256MB' });
  // One file for every port, as an administrator has it.
  const admin = at('admin.pass');
  const adminPassword = (await readPassword(made)) ?? '';
  writeFileSync(admin, `*:*:*:admin:${adminPassword}\n`, { mode: 0o600 });
  if (made.account !== null) chownSync(admin, made.account.uid, made.account.gid);
  const a = { ...made, passfile: admin, database: 'rides' };
  const b = { ...(await ground.place('region-b')), passfile: admin, database: 'rides' };
  await ground.withSession({ ...a, database: 'postgres' }, (session) =>
    session.query('create database rides'),
  );
  const appPassword = 'the-first-password-of-rides';
  await ground.withSession(a, async (session) => {
    await session.query(schema);
    await session.query(`create role rides_app login password '${appPassword}'`);
    await session.query('grant select on cities, bookings to rides_app');
  });
  for (const file of [at('rides-app.pass'), at('service/app.pass')])
    writeFileSync(file, `*:*:rides:rides_app:${appPassword}\n`, { mode: 0o600 });

  const [gatePort, applicationPort] = [await freePort(), await freePort()];
  const gated = { ...a, port: gatePort };
  const gateArgs = (what: string) => [
    ...['sh', join(fixtures, 'gate.sh'), what, at('service'), String(gatePort), String(a.port)],
    process.execPath,
  ];
  const app = (what: string) => [
    ...['sh', join(fixtures, 'app.sh'), what, at('service'), String(applicationPort), process.execPath],
  ];
  const run = async ([file = '', ...args]: readonly string[]) => (await runChild({ file, args })).exitCode;
  await run(gateArgs('open'));
  await reserveSlot(a, 'region_b');
  await copyAsStandby({ tools, primary: gated, standby: b, slot: 'region_b' });
  await startCluster(tools, b);

  const key = generateSigningKey();
  writeFileSync(at('backup-key.pem'), key.privateKey, { mode: 0o600 });
  const policy = { staticTables: ['public.cities'], appendOnly: { 'public.bookings': 'id' } };
  await startWalReceiver({ tools, location: gated, directory: at('wal'), slot: 'second_place' });
  await takeBackup({
    ...{ kind: 'physical', source: 'production', tools, location: gated, policy },
    ...{ store: openLocalStore(at('store-b')), walDirectory: at('wal'), signer: signerFrom(key.privateKey) },
  });
  mkdirSync(at('store-a'));
  writeFileSync(at('service/traffic'), `127.0.0.1 ${gatePort}\n`);
  await run(app('start'));
  const { systemIdentifier } = await readFingerprint(b);
  writeFileSync(at('region-a.json'), JSON.stringify({ a, dist: resolve('dist') }));
  const regionA = [process.execPath, join(fixtures, 'region-a.mjs'), at('region-a.json')];
  cpSync('runbooks', at('programme/runbooks'), { recursive: true });

  const health = `http://127.0.0.1:${applicationPort}/health`;
  const psql = `PGPASSFILE=${admin} PGCONNECT_TIMEOUT=2 timeout 5 ${tools.path('psql')} -h 127.0.0.1 -p ${a.port} -U admin -w -c 'select 1' rides || exit 1`;
  const fenceWith = (close: string) =>
    `{close: ${close}, isClosed: ${JSON.stringify(gateArgs('is-closed'))}, open: ${JSON.stringify(gateArgs('open'))}, behind: {host: 127.0.0.1, port: ${a.port}}, wake: ${JSON.stringify(regionA)}}`;
  const sections: Sections = {
    kind: 'declared',
    regions: '2',
    database: `{host: 127.0.0.1, port: ${gatePort}, name: rides, user: admin, passfile: ${admin}}`,
    standby: `{host: 127.0.0.1, port: ${b.port}, dataDirectory: ${b.dataDirectory}, store: region-b, rebuild: ${JSON.stringify([...regionA, 'rebuild'])}}`,
    fence: fenceWith(JSON.stringify(gateArgs('close'))),
    thirdPlace: JSON.stringify(['sh', '-c', psql]),
    application: JSON.stringify({ health, start: app('start'), stop: app('stop'), isRunning: app('status') }),
    traffic: JSON.stringify({
      switch: ['sh', '-c', 'echo "$1 $2" > "$0"', at('service/traffic')],
      target: ['cat', at('service/traffic')],
      close: ['sh', '-c', 'echo nowhere > "$0"', at('service/traffic')],
    }),
    rotation: JSON.stringify({
      roles: {
        rides_app: {
          passfile: at('rides-app.pass'),
          bring: [
            'sh',
            '-c',
            'sleep 0.3; cp "$FIREDRILL_PASSFILE" "$0" && echo "$FIREDRILL_ROLE brought"',
            at('service/app.pass'),
          ],
        },
      },
    }),
    fingerprint: `{systemIdentifier: "${systemIdentifier}", host: 127.0.0.1, port: ${gatePort}}`,
    store: 'region-a',
    signing: `{keyFile: ${at('backup-key.pem')}}`,
    wal: `{directory: ${at('wal')}, slot: second_place}`,
    policy: '{staticTables: [public.cities], appendOnly: {public.bookings: id}}',
    sentinel: '{resolution: 100ms}',
  };
  const declare: TwoRegions['declare'] = ({ without = [], replaced = {} } = {}) => {
    const lines = Object.entries({ ...sections, ...replaced }).filter(([name]) => !without.includes(name));
    writeFileSync(
      at('programme/firedrill.yaml'),
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
stores:
  region-a: {kind: local, directory: ${at('store-a')}}
  region-b: {kind: local, directory: ${at('store-b')}}
`,
    );
  };
  declare();
  return {
    ...{ ground, a, b, health, at, declare, fenceWith, programme: at('programme') },
    gate: (what) => run(gateArgs(what)),
    freeze: async () => {
      await freezeCluster(a);
    },
    healthy: async () =>
      fetch(health).then(
        ({ status }) => status === 200,
        () => false,
      ),
    remove: async () => {
      endPrograms();
      await endSentinels(at('programme'));
      await run(app('stop'));
      await run(gateArgs('close'));
      if (await isReceiving(at('wal'))) await stopWalReceiver(at('wal'));
      await thawCluster(a).catch(() => undefined);
      await ground.remove();
    },
  };
}

/** The password that a passfile holds. */
export function passwordIn(file: string): string {
  return readFileSync(file, 'utf8').trim().split(':').at(-1) ?? '';
}
