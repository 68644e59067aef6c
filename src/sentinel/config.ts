import { readFileSync } from 'node:fs';
import { Failure, isJsonObject } from '../base/index.js';

/** What the sentinel's process is told, in one file; holds no secret. */
export interface SentinelConfig {
  readonly v: 1;
  /** The record's folder, where `ledger.jsonl` grows. */
  readonly recordDirectory: string;
  /** Where the process notes that it lives; see `claim.ts`. */
  readonly stateDirectory: string;
  readonly trafficFile: string;
  /** The role it connects as, and that role's passfile. */
  readonly user: string;
  readonly passfile: string | null;
  /** Between two canary writes: the resolution of every time it measures. */
  readonly intervalMs: number;
  /** The relation read by the read probe, as `schema.name`; null: no read probe. */
  readonly probeRelation: string | null;
  /** Id of the first canary of a new ledger, above all that an earlier run can have written; 1 when not given. */
  readonly firstId?: number;
  /** Written into every canary row of this session. */
  readonly session: string;
  /** A lab's sentinel ends by itself when this file was not touched for so long and the process it names is gone; null: it never does. */
  readonly heartbeat: { readonly file: string; readonly limitMs: number } | null;
}

export function readSentinelConfig(file: string): SentinelConfig {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (
    !isJsonObject(value) ||
    value['v'] !== 1 ||
    typeof value['intervalMs'] !== 'number' ||
    value['intervalMs'] < 10
  )
    throw new Failure('invalid', `${file} is no configuration of a sentinel`);
  return value as unknown as SentinelConfig;
}
