import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import {
  inFolder,
  listBackups,
  requireKind,
  takeLogicalBackup,
  type LogicalBackupRequest,
  type LogicalManifest,
  type StagedSet,
} from '../../src/backup/index.js';
import { connectTo, type ClusterLocation, type PostgresTools, type Row } from '../../src/postgres/index.js';
import { openLocalStore, type LocalStore } from '../../src/store/index.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';
import { signer, trusted } from './ground.js';

export interface LogicalGround {
  readonly ground: Ground;
  readonly primary: ClusterLocation;
  /** A new, empty store, on a disk of its own where told. */
  store(): Promise<LocalStore>;
  query(sql: string, database?: string, location?: ClusterLocation): Promise<readonly Row[]>;
  backup(store: LocalStore, more?: Partial<LogicalBackupRequest>): Promise<StagedSet<LogicalManifest>>;
  /** The tools, one of them replaced by a shell script in which `$real` is the program itself. */
  toolsWith(name: string, script: string): Promise<PostgresTools>;
}

/** A primary with the given schema in the database `shop`, for one test file. */
export function useLogicalGround(schema: string): LogicalGround {
  const made = {} as { ground: Ground; primary: ClusterLocation };
  const query: LogicalGround['query'] = async (sql, database = 'shop', location = made.primary) => {
    const session = await connectTo(location, { database });
    return session.query(sql).finally(async () => session.end());
  };
  beforeAll(async () => {
    made.ground = await openGround();
    made.primary = await made.ground.cluster('primary');
    await query('create database shop', 'postgres');
    await query(schema);
  });
  afterAll(async () => made.ground.remove());
  return {
    get ground() {
      return made.ground;
    },
    get primary() {
      return made.primary;
    },
    query,
    async store() {
      const directory = await mkdtemp(join(made.ground.directory, 'store-'));
      await chmod(directory, 0o711);
      return openLocalStore(directory);
    },
    async backup(store, more = {}) {
      const { tools } = made.ground;
      const request = { tools, location: made.primary, store, source: 'test', signer, ...more };
      const { manifest } = await takeLogicalBackup(request);
      const { sets } = await listBackups(store, trusted);
      return inFolder(
        store,
        requireKind(
          sets.find(({ id }) => id === manifest.id)!,
          'logical',
        ),
      );
    },
    async toolsWith(name, script) {
      const { tools, directory } = made.ground;
      const folder = await mkdtemp(join(directory, 'tools-'));
      await chmod(folder, 0o755);
      const path = join(folder, name);
      await writeFile(path, `#!/bin/sh\nreal=${tools.path(name)}\n${script}\n`, { mode: 0o755 });
      return { ...tools, path: (one) => (one === name ? path : tools.path(one)) };
    },
  };
}
