import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isJsonObject } from '../../base/index.js';
import type { CanaryQuery, Latency } from './measure-latency.js';

interface BaselineFile {
  readonly v: 1;
  /** What was measured: another statement under the same name has no baseline. */
  readonly queries: readonly CanaryQuery[];
  readonly latency: Latency;
}

/** Keeps what was measured as what is normal; the file appears whole. */
export function writeBaseline(file: string, queries: readonly CanaryQuery[], latency: Latency): void {
  const content: BaselineFile = { v: 1, queries, latency };
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The recorded baseline of these very statements; null when none was recorded, or of others. */
export function readBaseline(file: string, queries: readonly CanaryQuery[]): Latency | null {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  if (!isJsonObject(value) || value['v'] !== 1 || !isJsonObject(value['latency'])) return null;
  const { queries: measured, latency } = value as unknown as BaselineFile;
  const sql = new Map(measured.map((one) => [one.name, one.sql]));
  return {
    ...latency,
    queries: latency.queries.filter((one) => sql.get(one.name) === sqlOf(queries, one.name)),
  };
}

function sqlOf(queries: readonly CanaryQuery[], name: string): string | undefined {
  return queries.find((one) => one.name === name)?.sql;
}
