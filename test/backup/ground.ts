import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import {
  dropSlot,
  inFolder,
  listBackups,
  requireKind,
  generateSigningKey,
  signerFrom,
  startWalReceiver,
  stopWalReceiver,
  takeBackup,
  trustedKeys,
  type BackupPolicy,
  type PhysicalManifest,
  type StagedSet,
} from '../../src/backup/index.js';
import { openLocalStore, type LocalStore } from '../../src/store/index.js';
import { connectTo, type ClusterLocation, type Session } from '../../src/postgres/index.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

const key = generateSigningKey();
export const signer = signerFrom(key.privateKey);
export const trusted = trustedKeys(key.publicKey);
export const policy: BackupPolicy = { staticTables: ['cities', 'fares'], appendOnly: { canary: 'id' } };

export type PhysicalSet = StagedSet<PhysicalManifest>;

/** The physical sets of a folder, newest first, where they lie. */
export async function setsIn(store: LocalStore): Promise<PhysicalSet[]> {
  const { sets } = await listBackups(store, trusted);
  return sets.map((set) => inFolder(store, requireKind(set, 'physical')));
}

/** A primary with a small schema, a WAL receiver and a store. */
export interface BackupGround {
  readonly ground: Ground;
  readonly primary: ClusterLocation;
  readonly store: ReturnType<typeof openLocalStore>;
  readonly walDirectory: string;
  session(): Promise<Session>;
  backup(): ReturnType<typeof takeBackup>;
}

const schema = `
  create table cities(id int primary key, name text not null);
  insert into cities select i, 'city ' || i from generate_series(1, 500) i;
  create table fares(id bigserial primary key, city int references cities, amount numeric(10, 2), note text, raw jsonb, area point);
  insert into fares(city, amount, note, raw, area)
    select 1 + i % 500, i / 7.0, repeat(md5(i::text), 1 + i % 100), jsonb_build_object('i', i), point(i, i) from generate_series(1, 5000) i;
  create table canary(id bigint primary key, at timestamptz not null default clock_timestamp());
  insert into canary select generate_series(1, 100);
  create role clerk; grant select on cities to clerk; comment on table cities is 'where we drive';
  select lo_from_bytea(0, 'a large object');
`;

/** One primary for a test file; every test makes its own backups and restores. */
export function useBackupGround(settings: { readonly [name: string]: string } = {}): BackupGround {
  const made: { ground?: Ground; primary?: ClusterLocation } = {};
  const ground = (): Ground => made.ground!;
  const primary = (): ClusterLocation => made.primary!;
  const walDirectory = () => join(ground().directory, 'wal');
  beforeAll(async () => {
    made.ground = await openGround();
    made.primary = await ground().cluster('primary', settings);
    await ground().withSession(primary(), async (session) => session.query(schema));
    await startWalReceiver({
      tools: ground().tools,
      location: primary(),
      directory: walDirectory(),
      slot: 'drill',
    });
  });
  afterAll(async () => {
    await stopWalReceiver(walDirectory());
    await dropSlot(primary(), 'drill').catch(() => false);
    await ground().remove();
  });
  return {
    get ground() {
      return ground();
    },
    get primary() {
      return primary();
    },
    get walDirectory() {
      return walDirectory();
    },
    get store() {
      return openLocalStore(join(ground().directory, 'store'));
    },
    session: async () => connectTo(primary()),
    async backup() {
      const { tools, directory } = ground();
      const store = openLocalStore(join(directory, 'store'));
      const request = {
        tools,
        location: primary(),
        store,
        policy,
        kind: 'physical',
        source: 'test',
        walDirectory: walDirectory(),
        signer,
      };
      return takeBackup({ ...request, kind: 'physical' });
    },
  };
}
