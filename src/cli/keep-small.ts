import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const mib = 1024 * 1024;

/** So much more outside the heap than after the last collection is worth a collection of the young, which takes a millisecond. */
const garbage = 12 * mib;
const lookMs = 50;

/**
 * The engine shares its machine with what it recovers. Left alone, V8 takes what the machine has: with many short-lived rows and buffers
 * passing through it, a drill on 5 GB came to 370 MB of which 30 were in use. The first two flags are read whenever the heap is about to
 * grow (V8, src/heap), so they may be set after the start. What was read from sockets and files lies outside the heap, where V8 lets
 * 64 MB gather before it collects: these are collected sooner.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=25');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: { readonly type: 'minor' }) => void;
  let least = outsideHeap();
  setInterval(() => {
    const now = outsideHeap();
    least = Math.min(least, now);
    if (now - least < garbage) return;
    collect({ type: 'minor' });
    least = outsideHeap();
  }, lookMs).unref();
}

/** Not process.memoryUsage(), which opens a file: an engine whose descriptors are all in use for a moment must not die of it. */
function outsideHeap(): number {
  return getHeapStatistics().external_memory;
}
