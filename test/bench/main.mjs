/**
 * Measures what firedrill promises about speed and memory, and prints one table.
 * Usage: npm run bench -- [--full | --scale <number>] [--turns <number>] [--only <word>] [--part <word>] [--json <file>]
 *   --turns  how often each is measured in turn; the median counts (5)
 *   --part   only the parts of backup and restore whose name has the word, e.g. physical
 *   --full   a database of more than 1 GB for the drill, backup and restore: only from there on are their limits judged
 * Exit code 1 when anything is not met or could not be measured.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBackups } from './backup-ratios.mjs';
import { measureDrill } from './drill-memory.mjs';
import { measureFold } from './fold-cost.mjs';
import { measureAppend } from './journal-cost.mjs';
import { measureLoudStep } from './loud-step.mjs';
import { notMeasured, table } from './row.mjs';
import { cleanUpAll } from './scratch.mjs';
import { measureValidate, measureVersion } from './start-up.mjs';
import { measureStepCost } from './step-cost.mjs';
import { measureBombs } from './yaml-bombs.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    scale: { type: 'string' },
    turns: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const scale = Number(values.scale ?? (values.full ? 65 : 4));
if (!(scale > 0)) throw new Error('--scale is not a number above 0');
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1) throw new Error('--turns is not a whole number above 0');

const measurements = {
  version: measureVersion,
  validate: measureValidate,
  'yaml bombs': measureBombs,
  append: measureAppend,
  step: measureStepCost,
  fold: measureFold,
  'loud step': measureLoudStep,
  drill: () => measureDrill(scale),
  backup: () => measureBackups(scale, turns, values.part),
};

let interrupted = false;
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.once(signal, () => {
    interrupted = true;
    void cleanUpAll().finally(() => process.exit(code));
  });

const rows = [];
const loadBefore = loadavg()[0];
for (const [name, measure] of Object.entries(measurements)) {
  if (!name.includes(values.only)) continue;
  process.stderr.write(`measuring ${name}\n`);
  try {
    rows.push(...[await measure()].flat());
  } catch (error) {
    // What broke because it was cleaned up under it is no result; the handler ends the process.
    if (interrupted) await new Promise(() => undefined);
    rows.push(notMeasured(name, error));
  }
}
const machine = { cores: cpus().length, loadBefore, loadAfter: loadavg()[0], node: process.versions.node };
process.stdout.write(`${table(rows)}\n\n${JSON.stringify(machine)}\n`);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, null, 1)}\n`);
process.exitCode = rows.length > 0 && rows.every(({ met }) => met !== false) ? 0 : 1;
