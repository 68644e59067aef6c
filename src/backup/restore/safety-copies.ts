import { formatAge } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { Store } from '../../store/index.js';
import { removeSet } from '../retention/remove-set.js';
import { listBackups, type ListedSet } from '../set/backup-set.js';
import { isSafetySource, safetySuffix } from '../set/safety-source.js';
import type { TrustedKeys } from '../set/signing.js';
import { acceptSwap, keptDatabases } from './accept-swap.js';
import { folderBytes } from './folder-bytes.js';
import { readKeptCluster, removeKeptCluster } from './kept-cluster.js';
import { spacesOf } from './move-cluster.js';

/** Something that a restore replaced, or took before it did. */
export interface SafetyCopy {
  readonly kind: 'database' | 'cluster' | 'set';
  /** Name of the database, folder of the cluster, id of the set. */
  readonly name: string;
  /** What it is a copy of; copies of the same thing can stand in for each other. */
  readonly of: string;
  /** ISO 8601. */
  readonly at: string;
  readonly accepted: boolean;
  readonly bytes: number;
  /** For a database: the set that was taken before it was replaced, where that was noted. */
  readonly safety?: string;
}

export interface SafetyPlaces {
  readonly store?: Store;
  readonly trusted?: TrustedKeys;
  /** Only sets that were taken before restores of this source. */
  readonly source?: string;
  /** A running cluster whose replaced databases are looked for. */
  readonly location?: ClusterLocation;
  /** Folders where clusters were kept. */
  readonly clusters?: readonly string[];
}

/** Everything that is kept, oldest first. */
export async function safetyCopies(places: SafetyPlaces): Promise<SafetyCopy[]> {
  const found: SafetyCopy[] = [];
  if (places.location !== undefined)
    for (const { name, note, bytes } of await keptDatabases(places.location))
      found.push({
        ...{ kind: 'database', name, bytes, of: `database ${note.database}`, at: note.at },
        accepted: note.phase === 'accepted',
        ...(typeof note.safety === 'string' ? { safety: note.safety } : {}),
      });
  for (const name of places.clusters ?? []) {
    const note = await readKeptCluster(name);
    if (note === null) continue;
    found.push({
      kind: 'cluster',
      name,
      bytes: (await folderBytes(name)) + (await folderBytes(spacesOf(name))),
      of: `cluster ${note.dataDirectory}`,
      at: note.at,
      accepted: note.accepted,
    });
  }
  const { store, trusted } = places;
  if (store !== undefined && trusted !== undefined) {
    for (const set of (await listBackups(store, trusted)).sets) {
      if (!isSafetySource(set.manifest.source)) continue;
      if (places.source !== undefined && set.manifest.source !== `${places.source}${safetySuffix}`) continue;
      const at = set.manifest.times.engineEnded;
      found.push({
        kind: 'set',
        name: set.id,
        of: subjectOf(set),
        at,
        accepted: await isAccepted(store, set.id),
        bytes: set.manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      });
    }
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

function subjectOf({ manifest }: ListedSet): string {
  const whose = manifest.source.slice(0, -safetySuffix.length);
  if (manifest.kind !== 'logical') return `cluster of ${whose}`;
  return `${manifest.dump.databases.map((one) => `database ${one.name}`).join(', ')} of ${whose}`;
}

/** Notes beside the set that the restore it was taken before is good. Nothing in a store is overwritten: a note of its own. */
export async function acceptSafetySet(store: Store, id: string): Promise<void> {
  if (await isAccepted(store, id)) return;
  await store.put(`${id}/accepted.json`, Buffer.from(JSON.stringify({ at: new Date().toISOString() })));
}

async function isAccepted(store: Store, id: string): Promise<boolean> {
  return (await store.head(`${id}/accepted.json`)) !== null;
}

export interface SafetyPolicy {
  readonly keepForMs: number;
  readonly now: Date;
}

/**
 * Which go, and why. What was accepted goes. A database or a cluster that nobody has accepted stays, whatever its age. A set that
 * nobody has accepted goes only when it is older than the policy and another set of the same thing, taken before it, stays: the state
 * before the first restore that nobody has accepted is the way back.
 */
export function planRemoval(
  copies: readonly SafetyCopy[],
  { keepForMs, now }: SafetyPolicy,
): { readonly remove: readonly SafetyCopy[]; readonly keep: readonly { copy: SafetyCopy; why: string }[] } {
  const remove: SafetyCopy[] = [];
  const keep: { copy: SafetyCopy; why: string }[] = [];
  for (const copy of copies.toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    const age = now.getTime() - Date.parse(copy.at);
    const older = copies.some(
      (one) => one.kind === 'set' && !one.accepted && one !== copy && one.of === copy.of && one.at < copy.at,
    );
    if (copy.accepted) remove.push(copy);
    else if (copy.kind !== 'set') keep.push({ copy, why: 'its restore is not accepted' });
    else if (age <= keepForMs)
      keep.push({ copy, why: `it is ${formatAge(age)} old, and its restore is not accepted` });
    else if (!older) keep.push({ copy, why: 'its restore is not accepted, and no copy is older' });
    else remove.push(copy);
  }
  return { remove, keep };
}

/** Removes what `planRemoval` says, one after the other; what cannot be removed rejects, and the next call takes it up again. */
export async function removeOldSafetyCopies(
  places: SafetyPlaces,
  policy: SafetyPolicy,
): Promise<ReturnType<typeof planRemoval>> {
  const plan = planRemoval(await safetyCopies(places), policy);
  for (const copy of plan.remove) await removeOne(places, copy);
  return plan;
}

async function removeOne({ store, location }: SafetyPlaces, { kind, name }: SafetyCopy): Promise<void> {
  if (kind === 'set' && store !== undefined) await removeSet(store, name);
  if (kind === 'cluster') await removeKeptCluster(name);
  if (kind === 'database' && location !== undefined) await acceptSwap({ location, kept: name, typed: name });
}
