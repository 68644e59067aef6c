import { Failure } from '../../base/index.js';

/**
 * Works on several at a time and gives the results in their order. When one fails the others are told to stop, and waited for,
 * before its failure goes on: nothing keeps running behind it.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const waiting = [...items.entries()].reverse();
  const results: R[] = [];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (either.aborted) throw new Failure('cancelled', 'the work was cancelled');
      results[next[0]] = await work(next[1], either);
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, async () =>
    worker().catch((failure: unknown) => {
      failures.push(failure);
      stop.abort();
    }),
  );
  await Promise.all(workers);
  if (failures.length === 0) return results;
  throw failures.find((one) => !(one instanceof Failure && one.reason === 'cancelled')) ?? failures[0];
}
