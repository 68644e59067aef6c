import { rm } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { syncFolder, type Store } from '../../store/index.js';
import { dirname } from 'node:path';
import { removeUpload } from './old-uploads.js';
import type { PrunePlan } from './plan-prune.js';
import { removeObject, removeSet } from './remove-set.js';

export interface Pruned {
  /** Ids of the sets that are gone. */
  readonly removed: readonly string[];
  readonly bytes: number;
  /** How many unfinished uploads were ended. */
  readonly uploads: number;
  /** What the store would not let go, and why. */
  readonly left: readonly { readonly what: string; readonly problem: string }[];
}

/**
 * Does what a plan says, oldest set first, then the write-ahead log; to be called while the store is held for it. What cannot
 * be removed is left, named, and does not stop the rest, except when the store itself is gone.
 */
export async function prune(
  store: Store,
  plan: PrunePlan,
  options: { readonly signal?: AbortSignal; readonly output?: (text: string) => void } = {},
): Promise<Pruned> {
  const removed: string[] = [];
  const left: { what: string; problem: string }[] = [];
  let bytes = 0;
  const attempt = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    if (options.signal?.aborted === true) throw new Failure('cancelled', 'pruning was cancelled');
    try {
      await work();
      return true;
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason !== 'refused') throw failure;
      left.push({ what, problem: failure.message });
      return false;
    }
  };
  for (const id of plan.unfinished) {
    if (await attempt(id, async () => removeSet(store, id, options.signal)))
      options.output?.(`removed the rest of ${id}: an earlier prune was interrupted\n`);
  }
  const going = plan.sets.filter((set) => set.remove).reverse();
  for (const set of going) {
    if (!(await attempt(set.id, async () => removeSet(store, set.id, options.signal)))) continue;
    removed.push(set.id);
    bytes += set.bytes;
    options.output?.(`removed ${set.id}: ${set.why}\n`);
  }
  // A set that stayed against the plan may need the log that was to go with it.
  if (left.length === 0) {
    for (const key of plan.wal.keys) await attempt(key, async () => removeObject(store, key, options.signal));
    for (const file of plan.wal.files) await rm(file, { force: true });
    const [first] = plan.wal.files;
    if (first !== undefined) await syncFolder(dirname(first));
    bytes += plan.wal.bytes;
  }
  let uploads = 0;
  for (const upload of plan.uploads) {
    if (!(await attempt(`parts of ${upload.key}`, async () => removeUpload(store, upload, options.signal))))
      continue;
    uploads += 1;
    bytes += upload.bytes;
    options.output?.(`removed the parts of ${upload.key}: nobody went on with it\n`);
  }
  return { removed, bytes, uploads, left };
}
