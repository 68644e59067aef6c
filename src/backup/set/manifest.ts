import { canonicalJson, isJsonObject } from '../../base/index.js';
import type { BackupExpectation } from '../expectation/expectation.js';

export const manifestFormat = 'firedrill-backup-1';
/** Written last, when everything it names is durable: a folder without it is not a backup. */
export const manifestName = 'manifest.json';

/** One file as it lies in the store. */
export interface SetFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What it is before encryption; absent when the set is not encrypted. The name then ends in `.age`, this one does not. */
  readonly plain?: { readonly name: string; readonly bytes: number; readonly sha256: string };
}

/** What every backup set says of itself, and what a restore of it must look like. All times UTC, ISO 8601. */
export interface ManifestCore {
  readonly format: typeof manifestFormat;
  readonly id: string;
  /** Name of the policy or environment it was taken for; sets of several may share a store. */
  readonly source: string;
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
  readonly times: {
    readonly engineStarted: string;
    readonly engineEnded: string;
    readonly serverStarted: string;
    readonly serverEnded: string;
    readonly copyMs: number;
    readonly totalMs: number;
  };
  readonly tools: { readonly [name: string]: string };
  /** age recipients (public keys); empty: not encrypted. */
  readonly encryption: readonly string[];
  readonly files: readonly SetFile[];
  readonly expectation: BackupExpectation;
  /** What this way cannot bring back of this very server, in words; known before anybody needs it. */
  readonly losses: readonly string[];
}

export interface PhysicalManifest extends ManifestCore {
  readonly kind: 'physical';
  readonly compression: 'zstd' | 'none';
  readonly wal: {
    readonly startLsn: string;
    readonly stopLsn: string;
    readonly timeline: number;
    /** Earliest place a restore may stop at to be compared with the expectation. */
    readonly expectationLsn: string;
  };
}

export interface LogicalManifest extends ManifestCore {
  readonly kind: 'logical';
  readonly compression: 'gzip' | 'zstd' | 'lz4' | 'none';
  readonly dump: {
    /** One dump a database, each in the snapshot that its expectation was read in. */
    readonly databases: readonly { readonly name: string; readonly prefix: string }[];
    readonly jobs: number;
    /** Whether the passwords of roles are in it: reading them needs a superuser. */
    readonly rolePasswords: boolean;
  };
}

/** A backup that lies in a repository of pgBackRest; this set holds what firedrill expects of it. */
export interface RepositoryManifest extends ManifestCore {
  readonly kind: 'pgbackrest';
  readonly repository: {
    readonly stanza: string;
    readonly label: string;
    readonly type: 'full' | 'diff' | 'incr';
    /** Labels that a restore of this one needs. */
    readonly needs: readonly string[];
    readonly repo: number;
  };
  readonly wal: PhysicalManifest['wal'];
}

export type BackupManifest = PhysicalManifest | LogicalManifest | RepositoryManifest;
export type BackupKind = BackupManifest['kind'];

export interface SignedManifest {
  readonly manifest: BackupManifest;
  readonly signature: { readonly algorithm: 'ed25519'; readonly keyId: string; readonly value: string };
}

/** Exactly the bytes that are signed. */
export function manifestBytes(manifest: BackupManifest): Buffer {
  return Buffer.from(canonicalJson(manifest), 'utf8');
}

const partsOf: { readonly [kind in BackupKind]: readonly string[] } = {
  physical: ['wal'],
  logical: ['dump'],
  pgbackrest: ['wal', 'repository'],
};

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
  const { kind } = manifest;
  if (typeof kind !== 'string' || !Object.hasOwn(partsOf, kind))
    return `its manifest is of the kind ${JSON.stringify(kind ?? null)}`;
  const complete =
    Array.isArray(manifest['files']) &&
    manifest['files'].length > 0 &&
    ['server', 'times', 'expectation', ...partsOf[kind as BackupKind]].every((part) =>
      isJsonObject(manifest[part]),
    ) &&
    typeof manifest['id'] === 'string' &&
    typeof signature['keyId'] === 'string' &&
    typeof signature['value'] === 'string';
  return complete ? (value as unknown as SignedManifest) : 'its manifest is incomplete';
}
