import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isJsonObject } from '../../base/index.js';
import type { CanaryQuery, Latency } from './measure-latency.js';
import type { RelationSize } from './relation-sizes.js';

interface BaselineFile {
  readonly v: 1;
  /** What was measured: another statement under the same name has no baseline. */
  readonly queries: readonly CanaryQuery[];
  readonly latency: Latency;
  /** How much room the tables and indexes took; a baseline of an earlier version has none. */
  readonly relations?: readonly RelationSize[];
}

/** Keeps what was measured as what is normal; the file appears whole. */
export function writeBaseline(
  file: string,
  queries: readonly CanaryQuery[],
  latency: Latency,
  relations: readonly RelationSize[],
): void {
  const content: BaselineFile = { v: 1, queries, latency, relations };
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The recorded baseline of these very statements; null when none was recorded, or of others. */
export function readBaseline(file: string, queries: readonly CanaryQuery[]): Latency | null {
  const recorded = readFile(file);
  if (recorded === null) return null;
  const { queries: measured, latency } = recorded;
  const sql = new Map(measured.map((one) => [one.name, one.sql]));
  return {
    ...latency,
    queries: latency.queries.filter((one) => sql.get(one.name) === sqlOf(queries, one.name)),
  };
}

/** How much room tables and indexes took when the baseline was recorded; null when that was not. */
export function readNormalSizes(file: string): readonly RelationSize[] | null {
  return readFile(file)?.relations ?? null;
}

function readFile(file: string): BaselineFile | null {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  if (!isJsonObject(value) || value['v'] !== 1 || !isJsonObject(value['latency'])) return null;
  return value as unknown as BaselineFile;
}

function sqlOf(queries: readonly CanaryQuery[], name: string): string | undefined {
  return queries.find((one) => one.name === name)?.sql;
}
