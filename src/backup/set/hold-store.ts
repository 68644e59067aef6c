import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, formatAge } from '../../base/index.js';
import { processIdentity } from '../../children/index.js';
import type { Store } from '../../store/index.js';
import { dropHold, readHolds, type HeldBy, type Work } from './read-holds.js';

export interface HoldRequest {
  readonly work: Work;
  /** For whoever is kept waiting: `backup of production`. */
  readonly purpose: string;
  /** How long to wait for others; not at all unless told. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Called once when somebody else has to end first. */
  readonly onWait?: (held: HeldBy) => void;
}

export interface StoreHold {
  readonly id: string;
  /** Lets others begin. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Whose end each work waits for; whatever is missing may be at work beside it.
 *
 * What is protected is a finished set under somebody who reads it, and prune alone ever removes or changes one. So a restore waits for no
 * backup, which may hang for as long as it likes: a backup writes under names of its own that nobody lists, is listed by its manifest,
 * which comes last, overwrites nothing, and removes only what dead processes never finished. A safety copy that a restore takes is made in
 * the same way. What is stopped or swapped on the server under a running backup ends that backup's sessions, and with them the backup.
 * The other way round a backup does wait for a restore: of what is being replaced no new copy is to be taken.
 */
const conflicts: { readonly [work in Work]: readonly Work[] } = {
  backup: ['backup', 'restore', 'prune'],
  copy: ['prune'],
  verify: ['prune'],
  restore: ['restore', 'prune'],
  prune: ['backup', 'copy', 'verify', 'restore', 'prune'],
};

/** A hold that nobody renewed for this long is that of a dead machine. */
const lifetimeMs = 30 * 60_000;
const renewMs = 10 * 60_000;
/** Two that begin in the same instant see each other and both step back; how long, chance decides. */
const stepBackMs = 150;
const attempts = 5;
/** What is let go of is not waited for longer: a note that stays is that of a dead process soon. */
const releaseWithinMs = 10_000;
const releaseCancelledWithinMs = 2000;

/**
 * Orders what works in one store, from this machine and others: says in the store itself what it is about to do, then looks
 * who else is there. Both having written before either looks, of two that wait for each other never both go on. Rejects with `unavailable`,
 * naming who holds it and since when, when it is not free in time.
 */
export async function holdStore(store: Store, request: HoldRequest): Promise<StoreHold> {
  const deadline = performance.now() + (request.waitMs ?? 0);
  let said = false;
  for (let attempt = 1; ; attempt += 1) {
    const hold = await announce(store, request).catch((failure: unknown) => withoutNote(request, failure));
    const other = await firstConflict(store, request, hold).catch(async (failure: unknown) => {
      await hold.release();
      throw failure;
    });
    if (other === null) return hold;
    await hold.release();
    if (request.signal?.aborted === true)
      throw new Failure('cancelled', 'waiting for the store was cancelled');
    const beganTogether = Math.abs(Date.parse(other.since) - Date.now()) < 2000 && attempt < attempts;
    if (performance.now() >= deadline && !beganTogether) throw isHeld(store, request, other);
    if (!said && !beganTogether) request.onWait?.(other);
    said ||= !beganTogether;
    await delay(Math.round(stepBackMs * (0.2 + Math.random()) * Math.min(attempt, 5)), undefined, {
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    }).catch(() => undefined);
  }
}

const unannounced = '';

/**
 * Whoever only reads may go on when nothing can be written: a full disk or a store that lets nobody write must not stand between a
 * person and the only good backup. Others are looked for all the same; they cannot see this one.
 */
function withoutNote({ work }: HoldRequest, failure: unknown): StoreHold {
  const reads = work === 'restore' || work === 'verify';
  if (!reads || !(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
  return { id: unannounced, release: () => Promise.resolve() };
}

async function announce(store: Store, { work, purpose, signal }: HoldRequest): Promise<StoreHold> {
  const since = new Date();
  const id = `${since.toISOString().replaceAll(':', '')}-${randomBytes(4).toString('hex')}`;
  let turn = 0;
  const renew = async (first?: AbortSignal): Promise<void> => {
    const held = {
      ...{ work, purpose, since: since.toISOString(), host: hostname() },
      process: processIdentity(process.pid),
      until: new Date(Date.now() + lifetimeMs).toISOString(),
    };
    // Nothing is overwritten in a store: each renewal is an object of its own.
    // A put whose answer was lost may have arrived: the next renewal must not meet its own name.
    const now = turn;
    turn += 1;
    await store.put(`locks/${id}/${now}.json`, Buffer.from(JSON.stringify(held)), {
      ...(first === undefined ? {} : { signal: first }),
    });
  };
  await renew(signal);
  // A renewal that fails is tried again by the next; three can fail before anybody takes the hold for dead.
  const timer = setInterval(() => void renew().catch(() => undefined), renewMs);
  timer.unref();
  let released = false;
  return {
    id,
    release: async () => {
      clearInterval(timer);
      if (released) return;
      released = true;
      // A store that does not answer any more must not keep a cancelled work waiting.
      const withinMs = signal?.aborted === true ? releaseCancelledWithinMs : releaseWithinMs;
      await dropHold(store, id, AbortSignal.timeout(withinMs));
    },
  };
}

async function firstConflict(store: Store, request: HoldRequest, own: StoreHold): Promise<HeldBy | null> {
  const all = await readHolds(store, request.signal);
  if (own.id !== unannounced && !all.some((held) => held.id === own.id)) {
    throw new Failure('unavailable', `${store.describe} does not list the note that was just put there`, {
      hint: 'Such a listing cannot be believed; try again, and look at the store when it stays so.',
    });
  }
  for (const held of all) {
    if (held.id === own.id) continue;
    if (conflicts[request.work].includes(held.work)) return held;
  }
  return null;
}

function isHeld(store: Store, { purpose, work }: HoldRequest, other: HeldBy): Failure {
  const process = `process ${other.pid ?? 'unknown'} on ${other.host}`;
  // Only a backup can be told to wait.
  const way =
    work === 'backup' ? 'let this wait for it: add `--wait 30m`' : `end ${process} where that is safe`;
  const age = formatAge(Date.now() - Date.parse(other.since));
  return new Failure(
    'unavailable',
    `${purpose} has to wait: ${other.purpose} has held ${store.describe} for ${age} (${process})`,
    { hint: `Wait until it has ended, or ${way}.` },
  );
}
