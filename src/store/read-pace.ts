import { Failure } from '../base/index.js';
import type { Store } from './store.js';

/** How fast one reader gets an object, from the request to the last byte that was waited for. */
export interface ReadPace {
  readonly bytes: number;
  readonly tookMs: number;
  readonly bytesPerSecond: number;
}

export interface ReadPaceLimits {
  /** Enough is read when either is reached. */
  readonly maxBytes: number;
  readonly maxMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads the beginning of an object and says how fast it came; nothing of it is kept. Rejects as `get` does, and with `unavailable`
 * when the object is empty.
 */
export async function readPace(store: Store, key: string, limits: ReadPaceLimits): Promise<ReadPace> {
  const { maxBytes, maxMs, signal } = limits;
  const begun = performance.now();
  const body = await store.get(key, signal === undefined ? {} : { signal });
  let bytes = 0;
  let tookMs = 0;
  // Leaving the loop ends the request.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    tookMs = performance.now() - begun;
    if (bytes >= maxBytes || tookMs >= maxMs) break;
  }
  if (bytes === 0) throw new Failure('unavailable', `${key} in ${store.describe} is empty`);
  return { bytes, tookMs: Math.ceil(tookMs), bytesPerSecond: Math.round((bytes * 1000) / tookMs) };
}
