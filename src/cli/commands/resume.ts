import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '../../base/index.js';
import { endProcess, isAlive } from '../../children/index.js';
import { readHolder, readJournalFile } from '../../journal/index.js';
import { Exit } from '../exit.js';
import { findRecord } from '../find-run.js';
import { remark, type CommonOptions } from '../output.js';
import { keptLabOf } from '../preflight.js';
import { statePaths } from '../programme-paths.js';
import { readPlan } from '../read-plan.js';
import { openSession } from '../run-session.js';
import { settleRun } from '../settle-run.js';
import { chooseView, showRun } from '../show-run.js';
import { hasUnfinishedSeal } from '../unfinished-seal.js';

/** `firedrill resume <run>`: the same plan, the same record, a new engine. */
export async function resume(
  run: string,
  own: { readonly takeOver: boolean; readonly view?: string },
  options: CommonOptions,
): Promise<void> {
  const recordDirectory = findRecord(options.directory, run);
  const runId = basename(recordDirectory);
  const { entries } = await readJournalFile(join(recordDirectory, 'journal.jsonl'));
  const sealed = entries.some((entry) => entry.type === 'run-sealed');
  if (sealed && !(await hasUnfinishedSeal(options.directory, runId))) {
    throw new Exit(
      'usage',
      `run ${runId} has ended and is sealed`,
      `Type \`firedrill report ${runId}\` to read it.`,
    );
  }
  // The statement is made of a journal that has its end: one without was cut, and nothing may be added to it.
  if (!sealed && existsSync(join(recordDirectory, 'statement.json')))
    throw new Failure('refused', `run ${runId} was sealed, but its journal has no end any more`, {
      hint: `Nothing was carried out. See what is wrong with \`firedrill audit ${recordDirectory}\`.`,
    });
  const { plan, planText } = await readPlan(recordDirectory, entries[0]);
  if (own.takeOver) await endHolder(options.directory, runId, options);
  const view = chooseView(own.view, options);
  const session = await openSession({
    colour: options.colour,
    directory: options.directory,
    runId,
    recordDirectory,
    plan,
    planText,
    keptLab: keptLabOf(plan, options.directory),
  });
  await showRun(session, view, options, runId);
  await settleRun(session, view, options);
}

/** Files do not fence: the engine that holds the run is ended before anything is appended in its place. */
async function endHolder(directory: string, runId: string, options: CommonOptions): Promise<void> {
  const holder = await readHolder(join(statePaths(directory, runId).leases, `${runId}.json`));
  if (holder === null || !isAlive(holder)) return;
  remark(options, `ending the engine that holds the run (process ${holder.pid})`);
  // Killed, not asked: asked to end it would stop the run, and the run is to go on. Its journal bears being cut off.
  await endProcess(holder, { graceMs: 0, firstSignal: 'SIGKILL' });
  if (isAlive(holder))
    throw new Failure('unavailable', `process ${holder.pid} could not be ended`, { retryable: false });
}
