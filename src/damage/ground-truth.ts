import { readTruth, writeTruth } from './truth-file.js';

/** What was done to one page. */
export interface DamagedPage {
  readonly page: number;
  readonly file: string;
  /** Of the page within the file. */
  readonly offset: number;
  /** Where bytes were turned over, within the page: each a run of `bytes` bytes. */
  readonly damaged: readonly { readonly at: number; readonly bytes: number }[];
  /** The rows that were hit, as `(page,line)`: a physical restore keeps them in their place. */
  readonly ctids: readonly string[];
  readonly beforeSha256: string;
  readonly afterSha256: string;
  /** UTC, when this damage was put on record, before anything was done. */
  readonly plannedAt: string;
  /**
   * UTC, just before the bytes were written; null while that is only intended. After a crash in between it is `plannedAt`:
   * the write cannot have been earlier.
   */
  readonly at: string | null;
  /** The server's answer to the first read of this page that failed; null when it could not be brought to fail. */
  readonly failedRead: FailedRead | null;
}

export interface FailedRead {
  readonly at: string;
  readonly sqlState: string;
  readonly message: string;
}

/** The truth about one injected damage, with which detection and recovery are compared later. */
export interface HeapGroundTruth {
  readonly v: 1;
  readonly kind: 'heap-pages';
  readonly relation: string;
  readonly relationPages: number;
  readonly pages: readonly DamagedPage[];
  /** Null until the damage is complete and proven. */
  readonly provenAt: string | null;
}

/** Null when nothing was begun under this file's name. */
export function readGroundTruth(file: string): HeapGroundTruth | null {
  return readTruth<HeapGroundTruth>(file, { kind: 'heap-pages', what: 'damaged heap pages', list: 'pages' });
}

/** On disk, whole, when it returns. */
export function writeGroundTruth(file: string, truth: HeapGroundTruth): void {
  writeTruth(file, truth);
}
