import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../dist/base/index.js';
import { identityPort } from '../../dist/cli/session.js';
import { openJournal } from '../../dist/journal/index.js';
import { atMost, median, percentile, round } from './row.mjs';
import { withScratch } from './scratch.mjs';

const appends = 500;

/** Half of what a step may cost, because a step has at least two entries. */
const limitMs = 2.5;

export function measureAppend() {
  return withScratch(async (directory) => {
    const [own, bare] = [[], []];
    const journal = await openJournal({
      ...{ file: join(directory, 'journal.jsonl'), session: 's-bench', clock: systemClock() },
      ...{ leaseDirectory: join(directory, 'leases'), runId: 'bench', identity: identityPort },
    });
    const plain = openSync(join(directory, 'plain'), 'w');
    const line = Buffer.from(`${'x'.repeat(399)}\n`);
    const event = { type: 'note-taken', data: { text: 'x'.repeat(150) } };
    for (let turn = 0; turn < appends; turn += 1) {
      own.push(await timeOf(() => journal.append(event, { kind: 'engine' })));
      bare.push(
        await timeOf(() => {
          writeSync(plain, line);
          fdatasyncSync(plain);
        }),
      );
    }
    closeSync(plain);
    await journal.close();
    return atMost({
      what: 'one durable entry of the journal',
      value: median(own),
      limit: limitMs,
      unit: 'ms',
      detail: `99 of 100 within ${round(percentile(own, 0.99))} ms; write and fdatasync alone ${round(median(bare))} ms`,
      how: `median of ${appends}, in turn with a bare write of as many bytes`,
    });
  });
}

async function timeOf(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
