import { Failure } from './failure.js';

/**
 * Two pieces of work beside each other. When one fails the other is told to stop, and waited for, before the failure goes on:
 * nothing keeps running behind it. The failure is that of the one that failed by itself.
 */
export async function bothOrNeither<A, B>(
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
  signal?: AbortSignal,
): Promise<[A, B]> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const [a, b] = [first(either), second(either)];
  for (const one of [a, b]) one.catch(() => stop.abort());
  const [left, right] = await Promise.allSettled([a, b]);
  if (left.status === 'fulfilled' && right.status === 'fulfilled') return [left.value, right.value];
  const reasons: unknown[] = [left, right].flatMap((one): unknown[] =>
    one.status === 'rejected' ? [one.reason] : [],
  );
  throw reasons.find((reason) => !(reason instanceof Failure && reason.reason === 'cancelled')) ?? reasons[0];
}
