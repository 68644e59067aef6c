import { failureData, type Failure } from '../base/index.js';
import { fillCall, type Command } from '../run/index.js';
import { callAction } from './call-action.js';
import { wasInterrupted } from './in-flight.js';
import { byEngine } from './recorder.js';
import { describeCall, invalidNames, type RunContext } from './run-context.js';
import { limitTime } from './time-limit.js';

/** Takes one step back with its own undo call. */
export async function undoStep(
  context: RunContext,
  { step, call }: Extract<Command, { do: 'undo' }>,
  outer: AbortSignal,
): Promise<void> {
  const { plan, recorder, bugs } = context;
  const { args, missing } = fillCall(plan, recorder.state(), call);
  const describe = describeCall(context, { ...call, with: args });
  const started = byEngine({ type: 'undo-started', data: { step: step.id, describe } });
  await recorder.record(() => [started]);
  const end = (failure: Failure | null, evidence: Awaited<ReturnType<typeof callAction>>['evidence']) =>
    recorder.record(() => [
      byEngine({
        type: 'undo-ended',
        data: { step: step.id, failure: failure === null ? null : failureData(failure), evidence },
      }),
    ]);
  if (missing.length > 0) {
    await end(invalidNames(missing), []);
    return;
  }
  const { signal, release } = limitTime(outer, step.timeoutMs ?? null);
  const title = `output of undoing ${step.id}`;
  const { thrown, evidence } = await callAction(context, {
    call,
    args,
    title,
    step: step.id,
    signal,
  }).finally(release);
  if (thrown !== null && wasInterrupted(signal)) return;
  await end(thrown === null ? null : bugs.failureOf(thrown.error, signal).failure, evidence);
}
