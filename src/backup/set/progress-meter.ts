import type { Progress } from '../progress.js';

/** Adds bytes that were worked on since the last call. */
export type Meter = (bytes: number) => void;

const everyMs = 100;

/** Tells how far it is at most ten times a second, and always when all is done. */
export function progressMeter(
  progress: ((progress: Progress) => void) | undefined,
  stage: string,
  totalBytes?: number,
): Meter {
  let doneBytes = 0;
  let told = -Infinity;
  return (bytes) => {
    doneBytes += bytes;
    if (performance.now() - told < everyMs && doneBytes !== totalBytes) return;
    told = performance.now();
    progress?.({ stage, doneBytes, ...(totalBytes === undefined ? {} : { totalBytes }) });
  };
}
