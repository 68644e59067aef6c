import { existsSync, readFileSync } from 'node:fs';
import { Failure, isJsonObject } from '../../base/index.js';
import type { ReplicationLag } from '../../postgres/index.js';
import { writeDurably } from '../durable-file.js';

/** The truth about a region that was lost, with which detection and recovery are compared later. */
export interface LostRegion {
  readonly v: 1;
  readonly kind: 'lost-region';
  readonly region: 'a';
  readonly dataDirectory: string;
  readonly store: string;
  /** How far behind region B was, asked of region A just before. */
  readonly lag: ReplicationLag;
  /** How long nothing was sent to region B before the region was lost, in milliseconds. */
  readonly lagMs: number;
  /** Every object of region A's store: what region B must have under the same key, with the same SHA-256. */
  readonly objects: { readonly [key: string]: string };
  readonly plannedAt: string;
  /** UTC, just before the first process of the database was stopped for good; null while that is only intended. */
  readonly at: string | null;
  readonly frozen: readonly number[];
  /** A client's first write that failed afterwards. */
  readonly failedWrite: { readonly at: string; readonly said: string } | null;
  /** Null until all of it is done and proven. */
  readonly provenAt: string | null;
}

/** Null when nothing was begun under this file's name. */
export function readLostRegion(file: string): LostRegion | null {
  if (!existsSync(file)) return null;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value) || value['kind'] !== 'lost-region')
    throw new Failure('refused', `${file} is not the ground truth of a lost region`);
  return value as unknown as LostRegion;
}

export function writeLostRegion(file: string, truth: LostRegion): void {
  writeDurably(file, `${JSON.stringify(truth, null, 2)}\n`);
}
