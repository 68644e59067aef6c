import { join } from 'node:path';
import { assess } from '../assessment/index.js';
import { Failure, type ExitName } from '../base/index.js';
import { readRecord, registerEnd, sealRecord, type Redactor, type Signer } from '../evidence/index.js';
import type { RunHandle } from '../executor/index.js';
import type { Journal } from '../journal/index.js';
import type { Plan } from '../language/index.js';
import { buildReport, renderSummary } from '../report/index.js';
import type { RunState } from '../run/index.js';
import { reportsFolder } from './find-run.js';
import { shownPath } from './shown-path.js';

export interface Finished {
  readonly state: RunState;
  /** The plain summary for the end; empty when the run was interrupted. */
  readonly summary: readonly string[];
  readonly exit: ExitName;
}

export interface FinishOptions {
  readonly plan: Plan;
  readonly colour: boolean;
  readonly directory: string;
  readonly runId: string;
  readonly recordDirectory: string;
  readonly state: RunState;
  readonly handle: RunHandle;
  readonly signer: Signer;
  readonly redactor: Redactor;
  readonly journal: Journal;
  /** Why the environment could not be opened, if it could not. */
  readonly failure: Failure | null;
}

/** Seals a run that has ended and sums it up; an interrupted one is left as it is, to be resumed. */
export async function finishRecord(options: FinishOptions): Promise<Finished> {
  const { state, handle, recordDirectory } = options;
  if (state.ended === null) {
    return {
      state,
      summary: takeUpAgain(options, state),
      exit: 'interrupted',
    };
  }
  const { journal } = options;
  const sealed = await sealRecord({
    folder: recordDirectory,
    signer: options.signer,
    redactor: options.redactor,
    // Through the loop's own door, so that a view still open sees the seal as well.
    journal: {
      get entries() {
        return journal.entries;
      },
      get head() {
        return journal.head;
      },
      append: async (event, actor) =>
        (event.type === 'run-sealed' ? await handle.seal(event) : undefined) ?? journal.append(event, actor),
      close: () => Promise.resolve(),
    },
  });
  const register = join(reportsFolder(options.directory), 'register.jsonl');
  await registerEnd(
    register,
    {
      kind: 'run-finished',
      runId: options.runId,
      head: sealed.head,
      entries: sealed.entries,
      statementSha256: sealed.statementSha256,
      score: sealed.score.final,
      rating: sealed.score.band,
    },
    new Date().toISOString(),
  );
  const { record } = await readRecord(recordDirectory);
  if (record === null) throw new Failure('invalid', `the record in ${recordDirectory} cannot be read back`);
  const report = buildReport(record, assess(record));
  const summary = renderSummary(report, {
    colour: options.colour,
    folder: shownPath(recordDirectory),
  });
  return { state: handle.feed.state(), summary, exit: exitOfRun(state, options.failure) };
}

/** What to type after an engine gave a run up, and what of it goes on meanwhile. */
export function takeUpAgain(
  { runId, plan }: { readonly runId: string; readonly plan: Plan },
  { environment }: RunState,
): string[] {
  const first = `interrupted; nothing is lost. Take it up again: firedrill resume ${runId}`;
  if (!environment.opened || environment.closed) return [first];
  if (plan.environment.kind !== 'lab')
    return [first, 'its sentinel goes on watching until the run has ended'];
  return [
    first,
    `its lab is still there and ends by itself in 30 minutes; or type: firedrill lab down ${runId}`,
  ];
}

function exitOfRun(state: RunState, failure: Failure | null): ExitName {
  if (failure !== null) return failure.reason === 'refused' ? 'refused' : 'environment';
  if (state.ended?.status === 'failed') return 'runFailed';
  if (state.ended?.status === 'cancelled') return state.stop?.how === 'signal' ? 'interrupted' : 'missed';
  return state.ended?.verdict === 'met' ? 'met' : 'missed';
}
