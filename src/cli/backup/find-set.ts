import { findBackup, listBackups, type ListedSet, type TrustedKeys } from '../../backup/index.js';
import { didYouMean, Failure } from '../../base/index.js';
import { Exit } from '../exit.js';
import type { NamedStore } from './scope.js';

export interface FoundSet {
  readonly set: ListedSet;
  readonly at: NamedStore;
  /** For `latest`, in words: stores that did not answer, and newer sets that cannot be used. Empty for one that was named. */
  readonly doubts: readonly string[];
}

/**
 * The set that somebody typed: an id, the beginning of one, or `latest`, from the first of these stores that has it. `fits` leaves out
 * what cannot be used for the purpose. Rejects with `check` when there is none, exit `usage` when several fit.
 */
export async function findSet(
  given: string,
  stores: readonly NamedStore[],
  trusted: TrustedKeys,
  {
    fits = () => true,
    prefers = () => false,
    purpose = 'usable',
    without = () => undefined,
    signal,
  }: {
    readonly fits?: (set: ListedSet) => boolean;
    /** For `latest`: these come first, whatever their age. */
    readonly prefers?: (set: ListedSet) => boolean;
    readonly purpose?: string;
    /** For `latest`: what to try when none of these fits; undefined: nothing better than the list. */
    readonly without?: (sets: readonly ListedSet[]) => string | undefined;
    readonly signal?: AbortSignal;
  } = {},
): Promise<FoundSet> {
  const found: Omit<FoundSet, 'doubts'>[] = [];
  const silent: Failure[] = [];
  const unheard: string[] = [];
  const broken: { readonly id: string; readonly at: NamedStore; readonly problem: string }[] = [];
  for (const at of stores) {
    const listing = await listBackups(at.store, trusted, signal).catch((failure: unknown) => {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      silent.push(failure);
      unheard.push(`store ${at.name} could not be read: ${failure.message}; a newer set may lie there`);
      return null;
    });
    // One store that is down must not stand between a person and a set that lies in another.
    if (listing === null) continue;
    for (const set of listing.sets) if (!found.some((one) => one.set.id === set.id)) found.push({ set, at });
    broken.push(...listing.broken.map((one) => ({ ...one, at })));
  }
  if (given === 'latest') {
    const ended = ({ set }: { readonly set: ListedSet }): string =>
      `${prefers(set) ? 1 : 0} ${set.manifest.times.engineEnded}`;
    const [newest] = found.filter((one) => fits(one.set)).sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
    if (newest !== undefined) {
      // Ids begin with the time. One that is being made, or never was finished, is nothing that was lost.
      const passedOver = broken.filter(
        ({ id }) => id > newest.set.id && !id.endsWith('.partial') && !found.some((one) => one.set.id === id),
      );
      const said = passedOver.map(
        ({ id, at, problem }) => `${id} in ${at.name} is newer, and cannot be used: ${problem}`,
      );
      return { ...newest, doubts: [...unheard, ...said] };
    }
    const [first] = silent;
    if (first !== undefined) throw first;
    const where = stores.map((one) => one.name).join(', ');
    const others = found.length === 0 ? '' : ` (${found.length} others are)`;
    throw new Failure('check', `no ${purpose} backup is in ${where}${others}`, {
      hint:
        without(found.map((one) => one.set)) ??
        'Type `firedrill backups` to see what there is, `firedrill backup` to take one.',
    });
  }
  const named = found.filter((one) => one.set.id === given || one.set.id.startsWith(given));
  const [only] = named;
  if (only !== undefined && (named.length === 1 || only.set.id === given)) return { ...only, doubts: [] };
  if (named.length > 1)
    throw new Exit('usage', `"${given}" fits ${named.length} backups`, 'Type more of the id.');
  const unusable = broken.find(({ id }) => id.startsWith(given));
  // It is there, and says itself what is wrong with it.
  if (unusable !== undefined)
    return { set: await findBackup(unusable.at.store, trusted, unusable.id), at: unusable.at, doubts: [] };
  const [first] = silent;
  if (first !== undefined) throw first;
  const near = didYouMean(
    given,
    found.map((one) => one.set.id),
  );
  throw new Failure('check', `there is no backup ${given} in ${stores.map((one) => one.name).join(', ')}`, {
    hint: near === undefined ? 'Type `firedrill backups` to see what there is.' : `Did you mean ${near}?`,
  });
}
