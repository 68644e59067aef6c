import { resolve } from 'node:path';
import type { ListedSet, RecoveryUntil } from '../../backup/index.js';
import { Exit } from '../exit.js';
import { recoveryOption } from './recovery-option.js';

export interface RestoreOptions {
  readonly environment?: string;
  readonly policy?: string;
  readonly fromStore?: string;
  readonly into?: string;
  readonly inPlace: boolean;
  readonly port?: string;
  readonly database?: string;
  readonly as?: string;
  readonly replace: boolean;
  readonly table?: readonly string[];
  readonly intoDatabase?: string;
  readonly rows?: 'missing' | 'all';
  readonly throwAway: boolean;
  readonly kept: boolean;
  readonly accept?: string;
  readonly rollBack?: string;
  readonly to?: readonly string[];
  readonly identity: readonly string[];
  readonly force: boolean;
}

/** What is restored, and where to. */
export type RestoreMode =
  | {
      readonly kind: 'cluster';
      readonly directory: string;
      readonly port: number | null;
      readonly until: RecoveryUntil;
    }
  | { readonly kind: 'beside'; readonly database: string; readonly as: string }
  | { readonly kind: 'replace'; readonly database: string }
  | { readonly kind: 'in-place'; readonly until: RecoveryUntil }
  | {
      readonly kind: 'tables';
      readonly tables: readonly string[];
      /** Null: the one of the environment. */
      readonly database: string | null;
      readonly until: RecoveryUntil;
      /** Only those whose key is missing now, or exactly those of the backup. */
      readonly rows: 'missing' | 'all';
      readonly throwAway: boolean;
    };

/** What was typed, as exactly one of the ways to restore. Throws exit `usage`, saying what goes with what. */
export function restoreMode(own: RestoreOptions, directory: string): RestoreMode {
  const { into, database, table, as, replace, intoDatabase, port } = own;
  const place = own.inPlace ? true : undefined;
  const given = [into, database, table, place].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw new Exit(
      'usage',
      given === 0
        ? 'it is not said what to restore'
        : '--into, --in-place, --database and --table exclude each other',
      'Type --into <folder> for a new cluster, --in-place for one in the place of the one in service, --database <name> with --as <new name> or --replace, or --table <schema.name>.',
    );
  const only = (key: string, value: unknown, goesWith: string): void => {
    if (value !== undefined && value !== false) throw new Exit('usage', `${key} goes with ${goesWith}`);
  };
  if (database === undefined) {
    only('--as', as, '--database');
    only('--replace', replace, '--database');
  }
  if (into === undefined) {
    only('--port', port, '--into');
    if (!own.inPlace && table === undefined)
      only(
        '--to',
        own.to,
        '--into, --in-place and --table: only a whole cluster can stop at a place in the log',
      );
  }
  if (table === undefined) {
    only('--into-database', intoDatabase, '--table');
    only('--rows', own.rows, '--table');
  }
  if (own.rows !== 'all') only('--throw-away', own.throwAway, '--rows all');
  if (into !== undefined)
    return {
      kind: 'cluster',
      directory: resolve(directory, into),
      port: portOf(port),
      until: recoveryOption(own.to),
    };
  if (own.inPlace) return { kind: 'in-place', until: recoveryOption(own.to) };
  if (table !== undefined)
    return {
      ...{ kind: 'tables', tables: tableNames(table), database: intoDatabase ?? null },
      ...{ until: recoveryOption(own.to), rows: own.rows ?? 'missing', throwAway: own.throwAway },
    };
  const name = database ?? '';
  if ((as !== undefined) === replace)
    throw new Exit(
      'usage',
      `--database ${name} needs exactly one of --as and --replace`,
      `Type --as ${name}_restored to have it beside the one in service, --replace to put it in its place.`,
    );
  return as === undefined ? { kind: 'replace', database: name } : { kind: 'beside', database: name, as };
}

/** Several options, or names between commas; a comma inside quotes belongs to a name. */
function tableNames(given: readonly string[]): string[] {
  const names = given.flatMap((one) => one.match(/(?:"[^"]*"|[^",])+/g) ?? []).map((one) => one.trim());
  if (names.length > 0 && !names.includes('')) return names;
  throw new Exit(
    'usage',
    `--table ${given.join(' ')} names no table`,
    'Type --table schema.name,schema.other.',
  );
}

function portOf(given: string | undefined): number | null {
  if (given === undefined) return null;
  const port = Number(given);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Exit('usage', `--port ${given} is no port`, 'Type a number from 1 to 65535, or leave it away.');
}

/** Whether a set can serve, for choosing the latest one; what is typed by name is told why it cannot. */
export function servesMode(mode: RestoreMode, { manifest }: ListedSet): boolean {
  if (mode.kind === 'beside' || mode.kind === 'replace')
    return manifest.kind === 'logical' && manifest.dump.databases.some((one) => one.name === mode.database);
  if (mode.kind === 'in-place' && manifest.kind !== 'physical') return false;
  if (mode.until === 'latest') return mode.kind !== 'tables' || holds(manifest, mode.database);
  // A backup is consistent from its end on.
  const { until } = mode;
  const isBefore = !('time' in until) || Date.parse(manifest.times.serverEnded) <= Date.parse(until.time);
  return manifest.kind !== 'logical' && isBefore;
}

/** Of a cluster's files nobody knows; a dump names its databases. */
function holds(manifest: ListedSet['manifest'], database: string | null): boolean {
  if (manifest.kind !== 'logical' || database === null) return true;
  return manifest.dump.databases.some((one) => one.name === database);
}
