import { Failure, formatAge } from '../../base/index.js';
import type { StaleUpload, Store } from '../../store/index.js';
import { listBackups, type ListedSet } from '../set/backup-set.js';
import { manifestName, type BackupKind } from '../set/manifest.js';
import { isSafetySource } from '../set/safety-source.js';
import type { TrustedKeys } from '../set/signing.js';
import { lastVerification } from '../set/verification-record.js';
import { neededBy } from './needed-by.js';
import { oldUploads, usualUploadsStayMs } from './old-uploads.js';
import { oldWal, type OldWal } from './old-wal.js';
import { halfRemoved } from './remove-set.js';

export interface Retention {
  /** How many sets of each source and way stay, whatever their age. */
  readonly keep: number;
  /** Sets younger than this stay. */
  readonly forMs: number;
}

export interface PruneRequest {
  readonly store: Store;
  readonly trusted: TrustedKeys;
  readonly retention: Retention;
  readonly now: Date;
  /** Only sets of this source; all of the store unless told. */
  readonly source?: string;
  /** Sets that are known to work by a note in another store, and when it was written: they count as verified here too. */
  readonly verifiedElsewhere?: ReadonlyMap<string, string>;
  /** Stores that could not be asked for such notes: nobody knows then whether a set without one is known to work. */
  readonly unheard?: readonly string[];
  /** Where a receiver of this machine writes: what no kept set needs goes from there, too. */
  readonly walDirectory?: string;
  /** Sets of other stores that are restored with what lies in that folder: what they need stays there. */
  readonly alsoThere?: readonly ListedSet[];
  /** What other plans remove already, as `goingBy` gives it: it counts as gone, so that nothing is announced twice. */
  readonly going?: ReadonlySet<string>;
  /** How long an unfinished upload may lie untouched; three days unless told. */
  readonly uploadsStayMs?: number;
  readonly signal?: AbortSignal;
}

export interface PruneDecision {
  readonly id: string;
  readonly source: string;
  readonly kind: BackupKind;
  readonly takenAt: string;
  readonly bytes: number;
  readonly verifiedAt: string | null;
  readonly remove: boolean;
  /** In words: why it stays, or why it goes. */
  readonly why: string;
}

export interface PrunePlan {
  /** Newest first. */
  readonly sets: readonly PruneDecision[];
  /** Removed half by an earlier prune that was interrupted: the rest goes, too. */
  readonly unfinished: readonly string[];
  /** In the store, but no set that could be judged; never touched. */
  readonly unknown: readonly { readonly id: string; readonly problem: string }[];
  readonly wal: OldWal;
  /** Parts of copies that nobody goes on with. */
  readonly uploads: readonly StaleUpload[];
  readonly warnings: readonly string[];
}

/**
 * Decides what may go, touching nothing. A set stays when it is young, among the newest of its source and way, the last verified
 * one, needed by one that stays, or locked in its store. The write-ahead log goes only up to where the oldest kept set begins.
 */
export async function planPrune(request: PruneRequest): Promise<PrunePlan> {
  const { store, trusted, source, going = new Set<string>(), signal } = request;
  const listed = await listBackups(store, trusted, signal);
  const sets = listed.sets.filter(({ id }) => !going.has(id));
  const broken = listed.broken.filter(({ id }) => !going.has(id));
  const mine = source === undefined ? sets : sets.filter((set) => set.manifest.source === source);
  const verified = new Map<string, string>();
  for (const set of mine) {
    const note = await lastVerification(store, set, trusted, signal);
    const at = note?.at ?? request.verifiedElsewhere?.get(set.id);
    if (at !== undefined) verified.set(set.id, at);
  }
  const kept = new Map<string, string>();
  const warnings: string[] = [];
  for (const set of mine)
    if (isSafetySource(set.manifest.source))
      kept.set(set.id, 'it was taken before a restore, and goes when that is accepted');
  for (const group of groups(mine.filter((set) => !kept.has(set.id))))
    keepByRule(request, group, verified, kept, warnings);
  keepNeeded(mine, kept);
  await keepLocked(request, mine, kept);
  const decide = (set: ListedSet): PruneDecision => {
    const age = request.now.getTime() - Date.parse(set.manifest.times.engineEnded);
    return {
      id: set.id,
      source: set.manifest.source,
      kind: set.manifest.kind,
      takenAt: set.manifest.times.engineEnded,
      bytes: set.manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      verifiedAt: verified.get(set.id) ?? null,
      remove: !kept.has(set.id),
      why: kept.get(set.id) ?? `it is ${formatAge(age)} old, and newer ones are there`,
    };
  };
  const unfinished: string[] = [];
  for (const { id } of broken) if (await halfRemoved(store, id, signal)) unfinished.push(id);
  return {
    sets: mine.map(decide),
    unfinished,
    unknown: broken.filter(({ id }) => !unfinished.includes(id)),
    // Sets of other sources may lie on the same log.
    wal: await oldWal({
      store,
      staying: sets.filter((set) => kept.has(set.id) || !mine.includes(set)),
      // A set that cannot be read may need any of it.
      unclear: broken.length > unfinished.length,
      ...(request.walDirectory === undefined ? {} : { walDirectory: request.walDirectory }),
      ...(request.alsoThere === undefined ? {} : { alsoThere: request.alsoThere }),
      ...(signal === undefined ? {} : { signal }),
      going,
    }),
    uploads: (await stale(request, warnings)).filter(({ uploadId }) => !going.has(uploadId)),
    warnings,
  };
}

/** Everything that a plan removes, by id, key, path or upload. */
export function goingBy({ sets, unfinished, wal, uploads }: PrunePlan): string[] {
  return [
    ...sets.flatMap((set) => (set.remove ? [set.id] : [])),
    ...unfinished,
    ...wal.keys,
    ...wal.files,
    ...uploads.map((one) => one.uploadId),
  ];
}

/** Credentials that may not look for unfinished uploads can prune all the same. */
async function stale(
  { store, uploadsStayMs = usualUploadsStayMs, signal }: PruneRequest,
  warnings: string[],
): Promise<readonly StaleUpload[]> {
  try {
    return await oldUploads(store, uploadsStayMs, signal);
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    warnings.push(`unfinished uploads were not looked for: ${failure.message}`);
    return [];
  }
}

function groups(sets: readonly ListedSet[]): ListedSet[][] {
  const found = new Map<string, ListedSet[]>();
  for (const set of sets) {
    const key = `${set.manifest.kind} ${set.manifest.source}`;
    found.set(key, [...(found.get(key) ?? []), set]);
  }
  return [...found.values()];
}

function keepByRule(
  { retention, now, unheard = [] }: PruneRequest,
  group: readonly ListedSet[],
  verified: ReadonlyMap<string, string>,
  kept: Map<string, string>,
  warnings: string[],
): void {
  for (const [at, set] of group.entries()) {
    const age = now.getTime() - Date.parse(set.manifest.times.engineEnded);
    if (age < retention.forMs) kept.set(set.id, `it is younger than ${formatAge(retention.forMs)}`);
    else if (at < retention.keep) kept.set(set.id, `it is among the newest ${retention.keep}`);
  }
  // The newest of those that are known to work, not the one that was looked at last.
  const last = group.find((set) => verified.has(set.id));
  if (last !== undefined) kept.set(last.id, `it is the last verified one (${verified.get(last.id) ?? ''})`);
  const [newest] = group;
  if (last === undefined && unheard.length > 0) {
    const silent = unheard.join(', ');
    for (const { id } of group)
      if (!kept.has(id)) kept.set(id, `it may be the last verified one: ${silent} could not be asked`);
  } else if (last === undefined && newest !== undefined) {
    warnings.push(
      `no ${newest.manifest.kind} set of ${newest.manifest.source} was ever verified: what stays may not restore`,
    );
  }
}

function keepNeeded(sets: readonly ListedSet[], kept: Map<string, string>): void {
  // Newest first: what an incremental set needs is older than it, and may itself need an older one.
  for (const set of sets) {
    if (!kept.has(set.id)) continue;
    for (const needed of neededBy(set, sets))
      if (!kept.has(needed.id)) kept.set(needed.id, `${set.id} needs it`);
  }
}

async function keepLocked(
  { store, now, signal }: PruneRequest,
  sets: readonly ListedSet[],
  kept: Map<string, string>,
): Promise<void> {
  if (store.kind === 'local') return;
  for (const set of sets) {
    if (kept.has(set.id)) continue;
    let until = '';
    for (const name of [manifestName, ...set.manifest.files.map((file) => file.name)]) {
      const lockedUntil = (await store.head(`${set.id}/${name}`, signal))?.lockedUntil ?? '';
      if (lockedUntil > until) until = lockedUntil;
    }
    if (Date.parse(until) > now.getTime()) kept.set(set.id, `the store has it locked until ${until}`);
  }
}
