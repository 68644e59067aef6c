import type { Progress } from '../../backup/index.js';
import { printable } from '../../base/index.js';
import type { CommonOptions } from '../output.js';
import { progressText, stageStart, type StageStart } from './progress-text.js';

export interface ProgressView {
  readonly report: (progress: Progress) => void;
  /** A line of its own, above the one that moves. */
  readonly say: (text: string) => void;
  /** Takes the moving line away. */
  readonly clear: () => void;
}

const redrawMs = 200;
const lineMs = 10_000;

/** On standard error: one moving line on a terminal, elsewhere a line for each new stage and every ten seconds, with `--quiet` nothing. */
export function showProgress(
  options: Pick<CommonOptions, 'quiet'>,
  stream: NodeJS.WriteStream = process.stderr,
): ProgressView {
  if (options.quiet) return { report: () => undefined, say: () => undefined, clear: () => undefined };
  const moving = stream.isTTY;
  let start: StageStart | null = null;
  let shownAt = -Infinity;
  let shown = '';
  const clear = (): void => {
    if (moving && shown !== '') stream.write('\r\u001b[K');
    shown = '';
  };
  return {
    clear,
    say: (text) => {
      clear();
      for (const line of text.trimEnd().split('\n')) stream.write(`${printable(line)}\n`);
    },
    report: (progress) => {
      const now = performance.now();
      const fresh = start?.stage !== progress.stage;
      start = stageStart(start, progress, now);
      if (!fresh && now - shownAt < (moving ? redrawMs : lineMs)) return;
      shownAt = now;
      const text = printable(progressText(progress, start, now));
      if (!moving) stream.write(`${text}\n`);
      else {
        // Wider than the terminal it would leave a trail of lines.
        shown = text.slice(0, Math.max(10, (stream.columns || 80) - 1));
        stream.write(`\r\u001b[K${shown}`);
      }
    },
  };
}
