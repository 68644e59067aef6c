import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, median, round } from './row.mjs';
import { withScratch } from './scratch.mjs';
import { askProgram } from './spawned.mjs';

const entries = 100_000;

export function measureFold() {
  return withScratch(async (directory) => {
    const found = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const place = join(directory, String(turn));
      mkdirSync(place);
      found.push(await askProgram('fold-program.mjs', place, String(entries)));
    }
    return atMost({
      what: `fold of ${entries} entries`,
      value: median(found.map(({ processorMs }) => processorMs)),
      limit: 200,
      unit: 'ms',
      detail: `wall ${round(median(found.map(({ wallMs }) => wallMs)))} ms`,
      how: 'processor time of the first fold in a fresh program, as a resumed run has it; median of 5',
    });
  });
}
