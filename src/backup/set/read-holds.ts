import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { Failure, isJsonObject } from '../../base/index.js';
import { isAlive, type ProcessIdentity } from '../../children/index.js';
import type { Store } from '../../store/index.js';

/** What somebody does with a store. */
export const works = ['backup', 'copy', 'restore', 'verify', 'prune'] as const;
export type Work = (typeof works)[number];

export interface HeldBy {
  readonly id: string;
  readonly work: Work;
  readonly purpose: string;
  readonly since: string;
  readonly host: string;
  readonly pid: number | null;
}

interface Written extends HeldBy {
  readonly until: string;
  readonly process: ProcessIdentity | null;
}

const released = 'released';

/** Holds whose owner may still be at work. Those of dead processes of this machine are removed on the way. */
export async function readHolds(store: Store, signal?: AbortSignal): Promise<HeldBy[]> {
  const newest = new Map<string, { key: string; turn: number }>();
  const over = new Set<string>();
  for await (const { key } of store.list('locks/', signal)) {
    const [, id, turn] = /^locks\/([^/]+)\/(\d+|released)(?:\.json)?$/.exec(key) ?? [];
    if (id === undefined || turn === undefined) continue;
    if (turn === released) over.add(id);
    else if (Number(turn) >= (newest.get(id)?.turn ?? 0)) newest.set(id, { key, turn: Number(turn) });
  }
  const held: HeldBy[] = [];
  for (const [id, { key }] of newest) {
    if (over.has(id)) continue;
    const one = await readHold(store, id, key, signal);
    if (one === null) continue;
    if (isOver(one)) await dropHold(store, id, signal);
    else held.push(one);
  }
  return held;
}

/**
 * Ends a hold. Whoever may write but not remove, as a careful store has it, leaves a mark that says so; the objects go where
 * they may.
 */
export async function dropHold(store: Store, id: string, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  await store.put(`locks/${id}/${released}`, Buffer.alloc(0), options).catch(() => undefined);
  const keys: string[] = [];
  for await (const { key } of store.list(`locks/${id}/`, signal)) keys.push(key);
  // The mark last: as long as anything of the hold is there, so is the word that it is over.
  for (const key of keys.sort()) if (!(await remove(store, key, signal))) return;
}

async function remove(store: Store, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  return store.delete(key, signal).then(
    () => true,
    () => false,
  );
}

/** Null when it was removed meanwhile. What cannot be read for another reason holds everybody up: it may be anybody's. */
async function readHold(
  store: Store,
  id: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Written | null> {
  const written = await store
    .get(key, signal === undefined ? {} : { signal })
    .then(text)
    .catch(async (failure: unknown) => {
      if ((await store.head(key, signal)) === null) return null;
      throw failure;
    });
  if (written === null) return null;
  const held = parseHold(id, written);
  if (held !== null) return held;
  throw new Failure('unavailable', `${key} in ${store.describe} is no note of firedrill’s`, {
    hint: 'See who wrote it, and remove it when nobody works in this store.',
    retryable: false,
  });
}

function parseHold(id: string, written: string): Written | null {
  const value = parseJson(written);
  if (!isJsonObject(value)) return null;
  const { work, purpose, since, until, host, process } = value;
  const known = works.find((one) => one === work);
  if (known === undefined || typeof purpose !== 'string' || typeof host !== 'string') return null;
  if (typeof since !== 'string' || typeof until !== 'string') return null;
  const owner = isJsonObject(process) ? (process as unknown as ProcessIdentity) : null;
  return { id, work: known, purpose, since, until, host, process: owner, pid: owner?.pid ?? null };
}

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return null;
  }
}

/** A process of this machine can be asked for; of another one only the time is known. */
function isOver({ host, process, until }: Written): boolean {
  if (host === hostname() && process !== null) return !isAlive(process);
  return Date.parse(until) < Date.now();
}
