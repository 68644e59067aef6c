/**
 * Runs one step that prints many megabytes, and prints what that cost as JSON.
 * Usage: node loud-step-program.mjs FOLDER MEGABYTES
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { generatedPlan } from './generated-plan.mjs';
import { runGenerated } from './run-generated.mjs';
import { peakResidentBytes } from './spawned.mjs';

const [, , directory, megabytes] = process.argv;
const block = join(directory, 'block.log');
writeFileSync(block, oneMebibyte());
const script = `i=0; while [ $i -lt ${Number(megabytes)} ]; do cat '${block}'; i=$((i+1)); done`;
const step = `{id: loud, title: Print, role: lead, uses: shell.run, effect: once, with: {command: [sh, -c, "${script}"]}}`;

const peakBeforeBytes = peakResidentBytes();
const delay = monitorEventLoopDelay({ resolution: 5 });
const times = [];
delay.enable();
const entries = await runGenerated(generatedPlan([step]), directory, (feed) => {
  feed.subscribe(({ entry }) => {
    // Not before the step prints, nor after it: only what lies between its two entries counts.
    if (entry === null || entry.data.step === 'loud') times.push(performance.now());
    feed.outputTail('loud', 40);
  });
});
delay.disable();
const [started, ended] = ['step-started', 'step-succeeded'].map((type) =>
  entries.find((one) => one.type === type),
);
const evidence = ended.data.evidence[0];
if (evidence.redactions === 0) throw new Error('no secret was found in the output');
process.stdout.write(
  JSON.stringify({
    peakBeforeBytes,
    peakBytes: peakResidentBytes(),
    runMs: ended.mono - started.mono,
    bytes: evidence.bytes,
    redactions: evidence.redactions,
    notifications: times.length,
    longestGapMs: Math.max(...times.slice(1).map((time, at) => time - times[at])),
    longestHoldMs: delay.max / 1e6,
  }),
);

/** Lines as a restore prints them; about one in a hundred holds a secret, so that no large block is without one. */
function oneMebibyte() {
  const lines = [];
  for (let at = 0, bytes = 0; bytes < 2 ** 20; at += 1) {
    const line =
      at % 100 === 7
        ? `2027-01-17 01:02:${at % 60} UTC [${at}] DEBUG: connecting to postgres://app:hunter${at}secret@db.example.org/app\n`
        : `2027-01-17 01:02:${at % 60} UTC [${at}] LOG: restored log file "0000000100000000000000${at}" from archive, ${at * 7} kB\n`;
    lines.push(line);
    bytes += line.length;
  }
  return lines.join('').slice(0, 2 ** 20 - 1) + '\n';
}
