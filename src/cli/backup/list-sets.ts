import {
  lastVerification,
  listBackups,
  manifestName,
  type BackupKind,
  type ListedSet,
  type TrustedKeys,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { NamedStore } from './scope.js';

/** One set, wherever it lies. */
export interface SetRow {
  readonly id: string;
  readonly source: string;
  readonly way: BackupKind;
  readonly takenAt: string;
  readonly bytes: number;
  readonly encrypted: boolean;
  readonly stores: readonly string[];
  /** Newest note that counts, of any store; null: never verified. */
  readonly verified: { readonly at: string; readonly countersigned: boolean } | null;
  /** Keys that signed that it was verified, and that are not trusted here: no evidence, yet maybe a verifier that nobody declared. */
  readonly strangers: readonly string[];
  /** Until when the last of its copies is locked, ISO 8601; null: none is. */
  readonly lockedUntil: string | null;
}

export interface Listing {
  /** Newest first. */
  readonly sets: readonly SetRow[];
  readonly broken: readonly { readonly id: string; readonly store: string; readonly problem: string }[];
  readonly unreachable: readonly { readonly store: string; readonly failure: Failure }[];
}

/** What all these stores hold, each set once. A store that does not answer is named, and the others are listed. */
export async function listSets(
  stores: readonly NamedStore[],
  trusted: TrustedKeys,
  { source, signal }: { readonly source?: string | undefined; readonly signal?: AbortSignal } = {},
): Promise<Listing> {
  const rows = new Map<string, SetRow>();
  const broken: { id: string; store: string; problem: string }[] = [];
  const unreachable: { store: string; failure: Failure }[] = [];
  for (const named of stores) {
    try {
      const found = await listBackups(named.store, trusted, signal);
      for (const one of found.broken) broken.push({ ...one, store: named.name });
      for (const set of found.sets) {
        if (source !== undefined && set.manifest.source !== source) continue;
        const row = await rowOf(set, named, trusted, signal);
        rows.set(set.id, joined(rows.get(set.id), row));
      }
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      unreachable.push({ store: named.name, failure });
    }
  }
  const sets = [...rows.values()].sort((a, b) => (`${a.takenAt} ${a.id}` < `${b.takenAt} ${b.id}` ? 1 : -1));
  return { sets, broken, unreachable };
}

async function rowOf(
  set: ListedSet,
  { name, store }: NamedStore,
  trusted: TrustedKeys,
  signal: AbortSignal | undefined,
): Promise<SetRow> {
  const { id, manifest } = set;
  const strangers = new Set<string>();
  const note = await lastVerification(store, set, trusted, signal, (key) => strangers.add(key));
  // Its manifest is written last, so nothing of the set is locked for longer.
  const lockedUntil =
    store.kind === 'local'
      ? null
      : ((await store.head(`${id}/${manifestName}`, signal))?.lockedUntil ?? null);
  return {
    ...{ id, source: manifest.source, way: manifest.kind, takenAt: manifest.times.engineEnded },
    bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
    encrypted: manifest.encryption.length > 0,
    stores: [name],
    strangers: [...strangers],
    verified: note === null ? null : { at: note.at, countersigned: note.countersigned },
    lockedUntil,
  };
}

function joined(before: SetRow | undefined, row: SetRow): SetRow {
  if (before === undefined) return row;
  const later = (a: string | null, b: string | null): string | null => ((a ?? '') > (b ?? '') ? a : b);
  const isNewer = (row.verified?.at ?? '') > (before.verified?.at ?? '');
  return {
    ...before,
    stores: [...before.stores, ...row.stores],
    strangers: [...new Set([...before.strangers, ...row.strangers])],
    verified: isNewer ? row.verified : before.verified,
    lockedUntil: later(before.lockedUntil, row.lockedUntil),
  };
}
