import { formatDuration, formatSize } from '../../base/index.js';
import type { Progress } from '../../backup/index.js';

/** Where a stage began; bytes that were there then were not moved by it. */
export interface StageStart {
  readonly stage: string;
  readonly atMs: number;
  readonly doneBytes: number;
}

export function stageStart(before: StageStart | null, progress: Progress, atMs: number): StageStart {
  const { stage, doneBytes = 0 } = progress;
  return before?.stage === stage && doneBytes >= before.doneBytes ? before : { stage, atMs, doneBytes };
}

/** `copying: 1.2 GB of 3.4 GB (35 %), 210.0 MB/s, 10.4s left`; parts that are not known are left out. */
export function progressText(progress: Progress, start: StageStart, nowMs: number): string {
  const { stage, doneBytes, totalBytes } = progress;
  if (doneBytes === undefined) return stage;
  const parts = [formatSize(doneBytes)];
  if (totalBytes !== undefined && totalBytes > 0) {
    const percent = Math.min(100, Math.floor((doneBytes / totalBytes) * 100));
    parts[0] = `${formatSize(doneBytes)} of ${formatSize(totalBytes)} (${percent} %)`;
  }
  const elapsedMs = nowMs - start.atMs;
  const perMs = (doneBytes - start.doneBytes) / elapsedMs;
  // Before a second has passed the figure jumps about.
  if (elapsedMs >= 1000 && perMs > 0) {
    parts.push(`${formatSize(Math.round(perMs * 1000))}/s`);
    if (totalBytes !== undefined && totalBytes > doneBytes)
      parts.push(`${formatDuration((totalBytes - doneBytes) / perMs)} left`);
  }
  return `${stage}: ${parts.join(', ')}`;
}
