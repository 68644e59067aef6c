import { resolve } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import type { DeclaredEnvironment } from '../../language/index.js';
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
  /** Real paths outside the data directory that belong to it. */
  readonly outside: readonly string[];
  /** Folder of the store's backups. */
  readonly storeDirectory: string;
  readonly workDirectory: string | null;
  readonly wal: { readonly directory: string; readonly slot: string } | null;
  path(written: string): string;
}

/** Stands for a data directory that nobody has named; nothing is ever there. */
const unnamed = '/dev/null/data-directory-not-declared';

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
  return {
    name,
    directory: resolve(directory),
    declared,
    primary: {
      dataDirectory: dataDirectory ?? unnamed,
      socketDirectory: `${dataDirectory ?? unnamed}.run`,
      host: database.host,
      port: database.port,
      user: database.user,
      database: database.name,
      account: await serverAccount(database.account),
      passfile: database.passfile === undefined ? null : path(database.passfile),
    },
    dataDirectory,
    outside: (database.outside ?? []).map(path),
    storeDirectory: path(storeDirectory(declared.store, frozen)),
    workDirectory: declared.workDirectory === undefined ? null : path(declared.workDirectory),
    wal: wal === undefined ? null : { directory: path(wal.directory), slot: wal.slot },
    path,
  };
}

function storeDirectory(id: string, frozen: JsonObject): string {
  const stores = frozen['stores'] as { readonly [id: string]: { readonly directory: string } } | undefined;
  const found = stores !== undefined && Object.hasOwn(stores, id) ? stores[id] : undefined;
  if (found !== undefined) return found.directory;
  throw new Failure('invalid', `store "${id}" is not in the configuration`, {
    hint: 'Add it under `stores` in firedrill.yaml.',
  });
}

/** For a part of the configuration that a step needs and that is not there. */
export function notDeclared({ name }: DeclaredSettings, what: string, key: string): Failure {
  return new Failure('unavailable', `environment ${name} declares no ${what}`, {
    hint: `Do this step by hand; for the next time add \`${key}\` under \`environments.${name}\` in firedrill.yaml.`,
    retryable: false,
  });
}
