import { Failure, failureData } from '../base/index.js';
import {
  fillCall,
  retriesByItself,
  savedBy,
  type CheckRecord,
  type Command,
  type EvidenceRef,
  type StepState,
} from '../run/index.js';
import { callAction, type CallResult } from './call-action.js';
import { wasInterrupted } from './in-flight.js';
import { byEngine, type Fact } from './recorder.js';
import { runCheck, spellCheck } from './run-check.js';
import { describeCall, invalidNames, type RunContext } from './run-context.js';
import { limitTime } from './time-limit.js';

type Perform = Extract<Command, { do: 'perform' }>;

/** One attempt at a step: the intent on disk, the action, the step's own check, the result on disk. */
export async function performStep(context: RunContext, command: Perform, outer: AbortSignal): Promise<void> {
  const { step, call, attempt } = command;
  const { args, missing } = fillCall(context.plan, context.recorder.state(), call);
  const describe = describeCall(context, { ...call, with: args });
  const data = { step: step.id, attempt, describe, args, by: 'machine' } as const;
  const begun = await context.recorder.record(() =>
    outer.aborted ? [] : [byEngine({ type: 'step-started', data })],
  );
  if (begun.length === 0) return;
  if (missing.length > 0) {
    await recordFailure(context, command, { failure: invalidNames(missing), bug: false }, []);
    return;
  }
  const { signal, release } = limitTime(outer, command.timeoutMs);
  try {
    const title = `output of ${step.id}, attempt ${attempt}`;
    const result = await callAction(context, { call, args, title, step: step.id, signal });
    await recordResult(context, command, result, signal);
  } finally {
    release();
  }
}

async function recordResult(
  context: RunContext,
  command: Perform,
  result: CallResult,
  signal: AbortSignal,
): Promise<void> {
  const { step, attempt } = command;
  const { outcome, thrown, evidence, head } = result;
  if (outcome === null) {
    if (wasInterrupted(signal)) return;
    await recordFailure(context, command, context.bugs.failureOf(thrown?.error, signal), evidence);
    return;
  }
  const saved = savedBy(step, outcome.outputs);
  if (outcome.sent !== undefined) {
    const data = { step: step.id, ...outcome.sent, evidence, head };
    await context.recorder.record(() => [byEngine({ type: 'message-sent', data })]);
  }
  const success = byEngine({
    type: 'step-succeeded',
    data: { step: step.id, attempt, how: 'performed', outputs: outcome.outputs, saved, evidence },
  });
  if (step.check === undefined) {
    await context.recorder.record(() => [success]);
    return;
  }
  const title = `check after ${step.id}, attempt ${attempt}`;
  const own = { step: step.id, saved };
  const check = await runCheck(context, { call: step.check, title, step: step.id, signal, own });
  if (check.verdict === 'not-run' && wasInterrupted(signal)) return;
  const evaluated = evaluation(command, check);
  if (check.verdict === 'pass') {
    await context.recorder.record(() => [evaluated, success]);
    return;
  }
  const failure = failureOfCheck(check, signal);
  await recordFailure(context, command, { failure, bug: false }, evidence, [evaluated]);
}

/** Skipped by a person, or given up, while the attempt was still under way. */
export function hasEnded(step: StepState | undefined): boolean {
  return step !== undefined && ['succeeded', 'failed', 'skipped'].includes(step.status);
}

function evaluation({ step, attempt }: Perform, check: CheckRecord): Fact {
  return byEngine({ type: 'check-evaluated', data: { step: step.id, purpose: 'after', attempt, check } });
}

function failureOfCheck(check: CheckRecord, signal: AbortSignal): Failure {
  if (check.verdict === 'not-run' && signal.aborted && signal.reason instanceof Failure) return signal.reason;
  const how = check.verdict === 'fail' ? 'failed' : 'could not be run';
  return new Failure('check', `the check after it ${how}: ${spellCheck(check)}`);
}

async function recordFailure(
  context: RunContext,
  { step, attempt }: Perform,
  { failure, bug }: { readonly failure: Failure; readonly bug: boolean },
  evidence: readonly EvidenceRef[],
  before: readonly Fact[] = [],
): Promise<void> {
  await context.recorder.record((state) => {
    if (hasEnded(state.steps[step.id])) {
      const text = `step ${step.id} had ended when its attempt ${attempt} did: ${failure.message}`;
      return [...before, byEngine({ type: 'note-taken', data: { text } })];
    }
    const willRetry = !bug && retriesByItself(state, step, attempt, failure);
    const data = { step: step.id, attempt, failure: failureData(failure), evidence, willRetry };
    return [...before, byEngine({ type: 'step-failed', data })];
  });
}
