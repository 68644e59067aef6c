import { resolve } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import type { DeclaredEnvironment, StoreDocument } from '../../language/index.js';
import { serverAccount, type ClusterLocation } from '../../postgres/index.js';

/** A declared environment as the frozen plan has it, its paths made absolute. */
export interface DeclaredSettings {
  readonly name: string;
  /** The programme's folder: where its commands are run. */
  readonly directory: string;
  readonly declared: DeclaredEnvironment;
  /** The database as it is declared, whatever has become of it. */
  readonly primary: ClusterLocation;
  /** Null when the configuration does not say where the data directory is. */
  readonly dataDirectory: string | null;
  /** The standby of the other region; null where none is declared. Its data directory is one of this machine or merely compared. */
  readonly standby: ClusterLocation | null;
  /** Real paths outside the data directory that belong to it. */
  readonly outside: readonly string[];
  /** Folder of the store's backups. Throws `unavailable` for a store that is none: nothing can be restored from it in place. */
  readonly storeDirectory: string;
  /** Of the store in the standby's region; the same where none is named. */
  readonly standbyStoreDirectory: string;
  /** All stores of the configuration, by name. */
  readonly stores: { readonly [id: string]: StoreDocument };
  readonly workDirectory: string | null;
  readonly wal: { readonly directory: string; readonly slot: string } | null;
  path(written: string): string;
}

/** Stand for data directories that nobody has named; nothing is ever there. */
const unnamed = '/dev/null/data-directory-not-declared';
const unnamedStandby = '/dev/null/data-directory-of-standby';

/**
 * Reads what a plan froze of `firedrill.yaml`; its shape was checked when the plan was made. Rejects with `refused` when it
 * names two different targets, and with `unavailable` when it needs what this version cannot do.
 */
export async function readDeclared(
  name: string,
  frozen: JsonObject,
  directory: string,
): Promise<DeclaredSettings> {
  const declared = frozen as unknown as DeclaredEnvironment;
  const { database, fingerprint, wal } = declared;
  const path = (written: string) => resolve(directory, written);
  if (database.host.startsWith('/')) {
    throw new Failure('unavailable', `${database.host} is a socket folder; live runs connect over TCP`, {
      hint: `Write a host under \`environments.${name}.database\` in firedrill.yaml, 127.0.0.1 for this machine.`,
      retryable: false,
    });
  }
  if (fingerprint.host !== database.host || fingerprint.port !== database.port) {
    throw new Failure(
      'refused',
      `environment ${name} names two targets: its database is ${database.host}:${database.port}, its fingerprint says ${fingerprint.host}:${fingerprint.port}`,
      { hint: 'Nothing was changed. Correct `fingerprint` or `database` in firedrill.yaml.' },
    );
  }
  const dataDirectory = database.dataDirectory === undefined ? null : path(database.dataDirectory);
  const primary: ClusterLocation = {
    dataDirectory: dataDirectory ?? unnamed,
    socketDirectory: `${dataDirectory ?? unnamed}.run`,
    host: database.host,
    port: database.port,
    user: database.user,
    database: database.name,
    account: await serverAccount(database.account),
    passfile: database.passfile === undefined ? null : path(database.passfile),
  };
  return {
    name,
    directory: resolve(directory),
    declared,
    primary,
    dataDirectory,
    standby: standbyOf(declared, primary, path),
    outside: (database.outside ?? []).map(path),
    get storeDirectory() {
      return path(storeDirectory(declared.store, frozen));
    },
    get standbyStoreDirectory() {
      return path(storeDirectory(declared.standby?.store ?? declared.store, frozen));
    },
    stores: (frozen['stores'] ?? {}) as unknown as DeclaredSettings['stores'],
    workDirectory: declared.workDirectory === undefined ? null : path(declared.workDirectory),
    wal: wal === undefined ? null : { directory: path(wal.directory), slot: wal.slot },
    path,
  };
}

function standbyOf(
  { standby }: DeclaredEnvironment,
  primary: ClusterLocation,
  path: (written: string) => string,
): ClusterLocation | null {
  if (standby === undefined) return null;
  const dataDirectory = standby.dataDirectory === undefined ? unnamedStandby : path(standby.dataDirectory);
  return {
    ...primary,
    dataDirectory,
    socketDirectory: `${dataDirectory}.run`,
    host: standby.host,
    port: standby.port,
    user: standby.user ?? primary.user,
    passfile: standby.passfile === undefined ? primary.passfile : path(standby.passfile),
  };
}

interface FrozenStore {
  readonly kind?: string;
  readonly directory?: string;
  readonly bucket?: string;
}

function storeDirectory(id: string, frozen: JsonObject): string {
  const stores = frozen['stores'] as { readonly [id: string]: FrozenStore } | undefined;
  const found = stores !== undefined && Object.hasOwn(stores, id) ? stores[id] : undefined;
  if (found?.directory !== undefined) return found.directory;
  if (found !== undefined) {
    throw new Failure(
      'unavailable',
      `store "${id}" is the bucket ${found.bucket ?? ''}, and a live run restores from a folder of this machine`,
      {
        hint: `Fetch what is needed with \`firedrill restore --from-store ${id}\`; for the next time name a store of kind local in firedrill.yaml.`,
        retryable: false,
      },
    );
  }
  throw new Failure('invalid', `store "${id}" is not in the configuration`, {
    hint: 'Add it under `stores` in firedrill.yaml.',
  });
}

/** For a part of the configuration that a step needs and that is not there. */
export function notDeclared({ name }: DeclaredSettings, what: string, key: string): Failure {
  return new Failure('unavailable', `environment ${name} declares no ${what}`, {
    hint: `Add \`${key}\` under \`environments.${name}\` in firedrill.yaml; in a run, do the step by hand meanwhile and choose "Done by hand": its check is run after that.`,
    retryable: false,
  });
}
