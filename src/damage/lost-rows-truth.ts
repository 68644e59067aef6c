import type { Json } from '../base/index.js';
import { readTruth, writeTruth } from './truth-file.js';

export const waysToLoseRows = ['delete', 'truncate', 'drop', 'bad-update'] as const;
export type WayToLoseRows = (typeof waysToLoseRows)[number];

/** One table that the harmful transaction hits, as it was inside that transaction just before the harm. */
export interface LostTable {
  /** As schema.name. */
  readonly table: string;
  readonly rows: number;
  /** Content hash of all its rows, by the bytes of its records. */
  readonly hash: string;
  readonly key: readonly string[];
  /** Keys of the rows that are lost or overwritten. */
  readonly lost: {
    readonly rows: number;
    /** Where the key is one whole number: unbroken stretches, first and last included. */
    readonly ranges: readonly (readonly [number, number])[] | null;
    /** Of all keys as text, in order; for every kind of key. */
    readonly keysSha256: string;
  };
}

/** The truth about one harmful transaction, with which detection and recovery are compared later. */
export interface LostRowsTruth {
  readonly v: 1;
  readonly kind: 'lost-rows';
  readonly how: WayToLoseRows;
  readonly statement: string;
  readonly relations: readonly string[];
  readonly tables: readonly LostTable[];
  /** As the log counts transactions; null until the harmful one has begun. */
  readonly xid: string | null;
  /** The same with its epoch, to ask the server what became of it. */
  readonly fullXid: string | null;
  /** Its commit record lies between these two places in the log. */
  readonly lsnBeforeCommit: string | null;
  readonly lsnAfterCommit: string | null;
  readonly plannedAt: string;
  /** UTC, just before the commit was asked for; null until then. The harm cannot be earlier. */
  readonly at: string | null;
  readonly acknowledgedAt: string | null;
  /** What an ordinary read gave after the commit; null until it was made. */
  readonly firstRead: { readonly at: string; readonly said: Json } | null;
}

/** Null when nothing was begun under this file's name. */
export function readLostRowsTruth(file: string): LostRowsTruth | null {
  return readTruth<LostRowsTruth>(file, { kind: 'lost-rows', what: 'lost rows', list: 'tables' });
}

/** On disk, whole, when it returns. */
export function writeLostRowsTruth(file: string, truth: LostRowsTruth): void {
  writeTruth(file, truth);
}
