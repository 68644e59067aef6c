import type { FailedRead } from '../ground-truth.js';
import type { AttemptRecord } from './attack-store.js';
import type { EncryptedCluster } from './encrypt-cluster.js';
import type { KeptVersion } from './inventory.js';
import { readTruth, writeTruth } from '../truth-file.js';

/** The truth about one attack, with which detection and recovery are compared later. */
export interface RansomTruth {
  readonly v: 1;
  readonly kind: 'ransomware';
  /** UTC, when the attack was put on record, before anything was done. */
  readonly plannedAt: string;
  readonly keyHex: string;
  /** What lay in the immutable copy before, version by version. */
  readonly versionsBefore: readonly KeptVersion[];
  /** Every attempt on it, in order; null until they were made. */
  readonly attempts: readonly AttemptRecord[] | null;
  /** What of the copies on the host itself was removed: nothing protects those. */
  readonly localRemoved: readonly string[];
  readonly encrypted: EncryptedCluster | null;
  readonly failedRead: FailedRead | null;
  /** What of `versionsBefore` could not be read again afterwards, in words; null until it was looked at. */
  readonly lostVersions: readonly string[] | null;
}

/** Null when nothing was begun under this file's name. */
export function readRansomTruth(file: string): RansomTruth | null {
  return readTruth<RansomTruth>(file, { kind: 'ransomware', what: 'a ransomware attack' });
}

/** On disk, whole, when it returns. */
export function writeRansomTruth(file: string, truth: RansomTruth): void {
  writeTruth(file, truth);
}
