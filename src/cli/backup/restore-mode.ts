import { resolve } from 'node:path';
import type { ListedSet, RecoveryUntil } from '../../backup/index.js';
import { Exit } from '../exit.js';
import { recoveryOption } from './recovery-option.js';

export interface RestoreOptions {
  readonly environment?: string;
  readonly policy?: string;
  readonly fromStore?: string;
  readonly into?: string;
  readonly port?: string;
  readonly database?: string;
  readonly as?: string;
  readonly replace: boolean;
  readonly table?: readonly string[];
  readonly intoDatabase?: string;
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
  | { readonly kind: 'tables'; readonly tables: readonly string[]; readonly database: string };

/** What was typed, as exactly one of the ways to restore. Throws exit `usage`, saying what goes with what. */
export function restoreMode(own: RestoreOptions, directory: string): RestoreMode {
  const { into, database, table, as, replace, intoDatabase, port } = own;
  const given = [into, database, table].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw new Exit(
      'usage',
      given === 0 ? 'it is not said what to restore' : '--into, --database and --table exclude each other',
      'Type --into <folder> for a new cluster, --database <name> with --as <new name> or --replace, or --table <name> with --into-database <name>.',
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
    only('--to', own.to, '--into: only a new cluster can stop at a place in the log');
  }
  if (table === undefined) only('--into-database', intoDatabase, '--table');
  if (into !== undefined)
    return {
      kind: 'cluster',
      directory: resolve(directory, into),
      port: portOf(port),
      until: recoveryOption(own.to),
    };
  if (table !== undefined) {
    if (intoDatabase === undefined)
      throw new Exit(
        'usage',
        '--table without --into-database',
        'Type --into-database <name>: where the tables go.',
      );
    return { kind: 'tables', tables: table, database: intoDatabase };
  }
  const name = database ?? '';
  if ((as !== undefined) === replace)
    throw new Exit(
      'usage',
      `--database ${name} needs exactly one of --as and --replace`,
      `Type --as ${name}_restored to have it beside the one in service, --replace to put it in its place.`,
    );
  return as === undefined ? { kind: 'replace', database: name } : { kind: 'beside', database: name, as };
}

function portOf(given: string | undefined): number | null {
  if (given === undefined) return null;
  const port = Number(given);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Exit('usage', `--port ${given} is no port`);
}

/** Whether a set can serve, for choosing the latest one; what is typed by name is told why it cannot. */
export function servesMode(mode: RestoreMode, { manifest }: ListedSet): boolean {
  if (mode.kind === 'beside' || mode.kind === 'replace')
    return manifest.kind === 'logical' && manifest.dump.databases.some((one) => one.name === mode.database);
  if (mode.kind === 'tables') return manifest.kind === 'logical';
  if (mode.until === 'latest') return true;
  // A backup is consistent from its end on.
  const { until } = mode;
  const isBefore = !('time' in until) || Date.parse(manifest.times.serverEnded) <= Date.parse(until.time);
  return manifest.kind !== 'logical' && isBefore;
}
