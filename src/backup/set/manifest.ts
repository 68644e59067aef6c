import { canonicalJson, isJsonObject } from '../../base/index.js';
import type { BackupExpectation } from '../expectation/expectation.js';

export const manifestFormat = 'firedrill-backup-1';
/** Written last, when everything it names is durable: a folder without it is not a backup. */
export const manifestName = 'manifest.json';

export interface SetFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What one backup set is, and what a restore of it must look like. All times UTC, ISO 8601. */
export interface BackupManifest {
  readonly format: typeof manifestFormat;
  readonly id: string;
  readonly kind: 'physical';
  readonly server: {
    readonly version: string;
    readonly major: number;
    readonly systemIdentifier: string;
    readonly timeline: number;
    readonly databases: readonly string[];
    readonly bytes: number;
    readonly walSegmentBytes: number;
    /** Settings that a restored server needs at least as high, and those that change what content means. */
    readonly settings: { readonly [name: string]: string };
  };
  readonly wal: {
    readonly startLsn: string;
    readonly stopLsn: string;
    readonly timeline: number;
    /** Earliest place a restore may stop at to be compared with the expectation. */
    readonly expectationLsn: string;
  };
  readonly times: {
    readonly engineStarted: string;
    readonly engineEnded: string;
    readonly serverStarted: string;
    readonly serverEnded: string;
    readonly copyMs: number;
    readonly totalMs: number;
  };
  readonly tools: { readonly [name: string]: string };
  readonly compression: 'zstd' | 'none';
  /** Recipients, once sets are encrypted; empty: not encrypted. */
  readonly encryption: readonly string[];
  readonly files: readonly SetFile[];
  readonly expectation: BackupExpectation;
}

export interface SignedManifest {
  readonly manifest: BackupManifest;
  readonly signature: { readonly algorithm: 'ed25519'; readonly keyId: string; readonly value: string };
}

/** Exactly the bytes that are signed. */
export function manifestBytes(manifest: BackupManifest): Buffer {
  return Buffer.from(canonicalJson(manifest), 'utf8');
}

/** Reads the file's text; a text says what is wrong with it. */
export function parseSignedManifest(text: string): SignedManifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its manifest is not JSON';
  }
  if (!isJsonObject(value) || !isJsonObject(value['manifest']) || !isJsonObject(value['signature'])) {
    return 'its manifest lacks a body or a signature';
  }
  const { manifest, signature } = value;
  if (manifest['format'] !== manifestFormat)
    return `its manifest has the format ${JSON.stringify(manifest['format'] ?? null)}`;
  const complete =
    Array.isArray(manifest['files']) &&
    manifest['files'].length > 0 &&
    ['server', 'wal', 'times', 'expectation'].every((part) => isJsonObject(manifest[part])) &&
    typeof manifest['id'] === 'string' &&
    typeof signature['keyId'] === 'string' &&
    typeof signature['value'] === 'string';
  return complete ? (value as unknown as SignedManifest) : 'its manifest is incomplete';
}
