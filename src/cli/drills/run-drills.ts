import { Failure, type ExitName } from '../../base/index.js';
import { Exit, exitOf } from '../exit.js';
import { loadDrill } from '../load-programme.js';
import { remark, type CommonOptions } from '../output.js';
import { overrideScale } from '../override-scale.js';
import { reportBug } from '../report-bug.js';
import { runPlan } from '../run-plan.js';
import type { Finished } from '../finish-record.js';
import type { View, Write } from '../show-run.js';
import { askToBegin } from './ask-to-begin.js';
import { factsOfRecord, withoutRecord, type DrillFacts } from './drill-facts.js';
import type { FoundDrill } from './find-drills.js';
import { noteInterruption } from './interruption.js';

export interface DrillsRequest {
  readonly drills: readonly FoundDrill[];
  readonly unattended: boolean;
  readonly scale?: string;
  readonly view: View;
  readonly write: Write;
}

export interface DrillsRun {
  /** Every drill, in order, also those that were not reached. */
  readonly facts: readonly DrillFacts[];
  /** How each of those that were begun, or could not be, counts. */
  readonly exits: readonly ExitName[];
  /** What stopped all of it before the last drill; null when nothing did. */
  readonly interrupted: 'interrupted' | 'terminated' | null;
}

interface Ran {
  readonly facts: DrillFacts;
  readonly exit: ExitName;
  /** Somebody stopped it, so no other is begun. */
  readonly stopped: boolean;
}

/**
 * One drill after the other, never two at once, each with its own record. What one of them comes to changes nothing for the
 * next; a signal, or somebody who stops a drill, ends the row.
 */
export async function runDrills(request: DrillsRequest, options: CommonOptions): Promise<DrillsRun> {
  const { drills, unattended } = request;
  const interruption = noteInterruption();
  const facts: DrillFacts[] = [];
  const exits: ExitName[] = [];
  let over: DrillsRun['interrupted'] | 'quit' = null;
  try {
    for (const [index, drill] of drills.entries()) {
      if (over === null && interruption.signal() !== null) over = nameOf(interruption.signal());
      if (over !== null) {
        facts.push(withoutRecord(drill, 'left', 'it was not begun'));
        if (over === 'quit') exits.push('missed');
        continue;
      }
      const position = `drill ${index + 1} of ${drills.length}`;
      const answer = unattended ? 'begin' : await askToBegin(drill, position);
      if (answer === 'begin') {
        if (unattended) remark(options, `\n${position}: ${drill.title} (${drill.file})`);
        const ran = await runOne(drill, request, options);
        facts.push(ran.facts);
        exits.push(ran.exit);
        if (unattended && ran.stopped) over = nameOf(interruption.signal());
        continue;
      }
      const why = answer === 'pass-over' ? 'passed over when asked' : 'it was not begun';
      facts.push(withoutRecord(drill, answer === 'pass-over' ? 'not-run' : 'left', why));
      exits.push('missed');
      if (answer === 'quit') over = 'quit';
      if (answer === 'gone') over = nameOf(interruption.signal());
    }
  } finally {
    interruption.stop();
  }
  // A signal during the last drill has stopped that one, and left none.
  if (over === null && interruption.signal() !== null) over = nameOf(interruption.signal());
  return { facts, exits, interrupted: over === 'quit' ? null : over };
}

function nameOf(signal: 'SIGINT' | 'SIGTERM' | null): 'interrupted' | 'terminated' {
  return signal === 'SIGTERM' ? 'terminated' : 'interrupted';
}

async function runOne(drill: FoundDrill, request: DrillsRequest, options: CommonOptions): Promise<Ran> {
  let runId: string | null = null;
  try {
    if (drill.problem !== null) throw new Exit('invalid', drill.problem);
    const loaded = await loadDrill(drill.file, request.unattended, { ...options, format: 'human' });
    const plan = overrideScale(loaded, request.scale);
    const begun = await runPlan(plan, request.view, options, { write: request.write });
    runId = begun.runId;
    const finished = await begun.session.finished;
    for (const line of finished.summary) request.write(`${line}\n`);
    return await judge(drill, begun.recordDirectory, begun.runId, finished);
  } catch (error) {
    return couldNot(drill, error, runId, options);
  }
}

async function judge(
  drill: FoundDrill,
  recordDirectory: string,
  runId: string,
  { state, exit }: Finished,
): Promise<Ran> {
  if (state.ended === null) {
    const why = `take it up again: firedrill resume ${runId}`;
    return { facts: withoutRecord(drill, 'interrupted', why, runId), exit: 'interrupted', stopped: true };
  }
  const facts = await factsOfRecord(drill, recordDirectory);
  const stopped = state.ended.status === 'cancelled' && state.stop !== null && state.stop.how !== 'failure';
  // The journal's own word and the sealed report's must both say that it was met.
  if (exit === 'met') return { facts, exit: facts.outcome === 'met' ? 'met' : 'missed', stopped };
  return { facts, exit: facts.outcome === 'not-run' ? 'missed' : exit, stopped };
}

/** It was not begun, or broke without a sealed record: never a pass, and no reason to leave the others out. */
function couldNot(drill: FoundDrill, error: unknown, runId: string | null, options: CommonOptions): Ran {
  const exit = exitOf(error);
  if (exit === undefined) reportBug(error);
  const said = error instanceof Exit || error instanceof Failure ? error : null;
  const why = said === null ? 'a bug in firedrill' : said.message;
  remark(options, `firedrill: ${drill.file}: ${why}${said?.hint === undefined ? '' : `\n  ${said.hint}`}`);
  if (runId !== null)
    return { facts: withoutRecord(drill, 'failed', why, runId), exit: exit ?? 'bug', stopped: false };
  // What this machine lacks says nothing about the programme; what is wrong in its files does.
  const counts = exit === undefined ? 'bug' : exit === 'invalid' ? 'invalid' : 'missed';
  return { facts: withoutRecord(drill, 'not-run', why), exit: counts, stopped: false };
}
