import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  generateSigningKey,
  isReceiving,
  startWalReceiver,
  stopWalReceiver,
} from '../../src/backup/index.js';
import { readFingerprint, type ClusterLocation } from '../../src/postgres/index.js';
import { runProgram, startProgram, type Ended, type Running } from '../end-to-end/support/run-program.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

/** A database that firedrill did not make, with a stream of its log, and a programme that says how it is backed up. */
export interface BackupProgramme {
  readonly ground: Ground;
  /** What its programs are run with. */
  readonly env: NodeJS.ProcessEnv;
  readonly primary: ClusterLocation;
  readonly directory: string;
  readonly walDirectory: string;
  readonly storeDirectory: string;
  /** Below the ground's folder. */
  at(name: string): string;
  /** Writes firedrill.yaml anew. */
  declare(parts?: Parts): void;
  run(...args: string[]): Promise<Ended>;
  runWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended>;
  start(...args: string[]): Running;
  /** The data of the one JSON document that a command prints. */
  data(...args: string[]): Promise<Record<string, unknown>>;
  /** What `firedrill backups` lists. */
  sets(): Promise<readonly ListedRow[]>;
  /** Declares a logical policy besides and takes a set by it; resolves to its id. */
  takeLogical(): Promise<string>;
  remove(): Promise<void>;
}

export interface ListedRow {
  readonly id: string;
  readonly way: string;
  readonly verified: { readonly countersigned: boolean } | null;
}

export interface Parts {
  readonly host?: string;
  readonly port?: number;
  readonly passfile?: string;
  readonly systemIdentifier?: string;
  readonly user?: string;
  readonly database?: string;
  readonly without?: readonly string[];
  /** Replace or add sections of the environment. */
  readonly environment?: { readonly [key: string]: string };
  /** Lines below `stores:`, indented by two. */
  readonly stores?: string;
  /** Lines below `policies:`, indented by two; by default one physical policy. */
  readonly policies?: string;
}

const schema = `
  create table cities (id int primary key, name text not null);
  insert into cities select i, 'city ' || i from generate_series(1, 300) i;
  create table bookings (id bigint primary key, rider text not null);
  insert into bookings select i, md5(i::text) from generate_series(1, 2000) i;
  create table canary (id bigint primary key, at timestamptz not null default clock_timestamp());
  insert into canary values (1);
  create role clerk login; grant select on cities to clerk;
`;

export const hourly = '  hourly: {way: physical, store: main, interval: 1h}';
export const hourlyAndDaily = `${hourly}\n  daily: {way: logical, store: main, interval: 1d}`;
/** With a canary, so that a full verification has everything that it asks for. */
export const verified =
  '  hourly: {way: physical, store: main, interval: 1h, verify: {rpo: 1h, rto: 1h, canary: {table: canary, column: at}, smoke: [select count(*) = 300 from cities]}}';

export async function makeBackupProgramme(): Promise<BackupProgramme> {
  const ground = await openGround();
  const { tools } = ground;
  const at = (name: string) => join(ground.directory, name);
  const base = await ground.cluster('production');
  await ground.withSession(base, async (session) => session.query('create database rides'));
  const primary = { ...base, database: 'rides' };
  await ground.withSession(primary, async (session) => session.query(schema));
  const walDirectory = at('wal');
  await startWalReceiver({ tools, location: primary, directory: walDirectory, slot: 'second_place' });
  const key = generateSigningKey();
  writeFileSync(at('host.pem'), key.privateKey, { mode: 0o600 });
  writeFileSync(at('host.pub'), key.publicKey);
  const directory = at('programme');
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  const { systemIdentifier } = await readFingerprint(primary);
  const declare = (parts: Parts = {}) => {
    const port = parts.port ?? primary.port;
    const host = parts.host ?? '127.0.0.1';
    const database = parts.database ?? 'rides';
    const sections: { readonly [key: string]: string } = {
      kind: 'declared',
      database: `{host: ${host}, port: ${port}, name: ${database}, user: ${parts.user ?? 'admin'}, passfile: ${parts.passfile ?? primary.passfile ?? ''}, dataDirectory: ${primary.dataDirectory}}`,
      fingerprint: `{systemIdentifier: "${parts.systemIdentifier ?? systemIdentifier}", host: ${host}, port: ${port}}`,
      store: 'main',
      signing: `{keyFile: ${at('host.pem')}}`,
      wal: `{directory: ${walDirectory}, slot: second_place}`,
      policy: '{staticTables: [public.cities], appendOnly: {public.bookings: id, public.canary: id}}',
      ...parts.environment,
    };
    const lines = Object.entries(sections).filter(([name]) => parts.without?.includes(name) !== true);
    writeFileSync(
      join(directory, 'firedrill.yaml'),
      `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Rides}
environments:
  production:
${lines.map(([name, value]) => `    ${name}: ${value}`).join('\n')}
stores:
  main: {kind: local, directory: ${at('store')}}
${parts.stores ?? ''}
policies:
${parts.policies ?? hourly}
`,
    );
  };
  declare();
  const all = (args: readonly string[]) => ['--directory', directory, ...args];
  const env = { FIREDRILL_CONFIG_HOME: at('config'), FIREDRILL_SCRATCH: ground.directory };
  const data: BackupProgramme['data'] = async (...args) => {
    const ended = await runProgram(all(['--format', 'json', ...args]), { env });
    const document = JSON.parse(ended.stdout) as { v: number; data: Record<string, unknown> };
    if (document.v !== 1) throw new Error(`unexpected version ${document.v}`);
    return { ...document.data, exit: ended.code };
  };
  return {
    ...{ ground, env, primary, directory, walDirectory, at, declare, data },
    storeDirectory: at('store'),
    run: (...args) => runProgram(all(args), { env }),
    runWith: (more, ...args) => runProgram(all(args), { env: { ...env, ...more } }),
    start: (...args) => startProgram(all(args), { env }),
    sets: async () => (await data('backups'))['sets'] as ListedRow[],
    takeLogical: async () => {
      declare({ policies: hourlyAndDaily });
      const { backups } = (await data('backup', 'daily')) as { backups: { set: { id: string } }[] };
      return backups[0]?.set.id ?? '';
    },
    remove: async () => {
      if (await isReceiving(walDirectory)) await stopWalReceiver(walDirectory);
      await ground.remove();
    },
  };
}

/** The password file with another password in it. */
export function wrongPassfile(programme: BackupProgramme): string {
  const file = programme.at('wrong.pass');
  const right = readFileSync(programme.primary.passfile ?? '', 'utf8');
  writeFileSync(file, right.replace(/[^:\n]+\n?$/, 'not-the-password\n'), { mode: 0o600 });
  return file;
}
