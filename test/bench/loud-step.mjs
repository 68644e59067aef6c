import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, round } from './row.mjs';
import { withScratch } from './scratch.mjs';
import { askProgram } from './spawned.mjs';

const mebibyte = 2 ** 20;
const how =
  'shell.run printing log lines with secrets among them, in a program of its own, through redaction to disk';

/** Memory, and whether the screen would stay alive, while a step prints 200 MB. */
export function measureLoudStep() {
  return withScratch(async (directory) => {
    const runs = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const place = join(directory, String(turn));
      mkdirSync(place);
      runs.push(await askProgram('loud-step-program.mjs', place, '200'));
    }
    const loud = runs.sort((one, other) => one.longestGapMs - other.longestGapMs)[1];
    const peakBytes = Math.max(...runs.map((one) => one.peakBytes));
    const seconds = `${round(loud.runMs / 1000)} s, ${round(loud.bytes / mebibyte / (loud.runMs / 1000))} MB/s`;
    return [
      atMost({
        what: 'memory of the engine while a step prints 200 MB',
        value: peakBytes / mebibyte,
        limit: 200,
        unit: 'MB',
        detail: `${round(loud.peakBeforeBytes / mebibyte)} MB before it; ${seconds}`,
        how: `peak resident size, largest of 3; ${how}`,
      }),
      atMost({
        what: 'longest silence of the feed while a step prints 200 MB',
        value: loud.longestGapMs,
        limit: 250,
        unit: 'ms',
        detail: `${loud.notifications} notifications; event loop held up at most ${round(loud.longestHoldMs)} ms`,
        how: `gap between notifications, median of 3 runs, each answered by taking the tail as a screen does; ${how}`,
      }),
    ];
  });
}
