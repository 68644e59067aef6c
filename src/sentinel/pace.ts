import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns at once when `signal` is aborted; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}

/** Calls `act` every `everyMs` at most, never twice at once; a call that took longer is followed by the next one straight away. */
export async function repeat(everyMs: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const startedAt = performance.now();
    await act();
    await pause(everyMs - (performance.now() - startedAt), signal);
  }
}
