import { Failure, failureData } from '../base/index.js';
import type { PlannedFault } from '../language/index.js';
import { fillCall, type EventOf } from '../run/index.js';
import { attempt } from './attempt.js';
import { wasInterrupted } from './in-flight.js';
import { byEngine } from './recorder.js';
import { describeFault, invalidNames, spellFailure, type RunContext } from './run-context.js';

/** Of an opening that a stop cut short nothing is recorded: the stop says by itself that there is no environment. */
export async function openEnvironment(context: RunContext, signal: AbortSignal): Promise<void> {
  const { plan, ports, runId, recorder, bugs } = context;
  const { name } = plan.environment;
  const opened = await attempt(() => ports.environment.open(plan, runId, signal));
  if ('error' in opened) {
    if (signal.aborted && isCancellation(opened.error)) return;
    const { failure } = bugs.failureOf(opened.error);
    const reason = spellFailure(`environment ${name} cannot be opened`, failure);
    // It failed by itself as the stop came: what was in the way is worth knowing the next time.
    if (signal.aborted) {
      if (!wasInterrupted(signal))
        await recorder.record(() => [byEngine({ type: 'note-taken', data: { text: reason } })]);
      return;
    }
    await recorder.record(() => [byEngine({ type: 'stop-requested', data: { reason, how: 'failure' } })]);
    return;
  }
  const { kind, values, fingerprint, notExercised } = opened.value;
  const data = { name, kind, values, fingerprint, notExercised };
  await recorder.record(() => [byEngine({ type: 'environment-opened', data })]);
}

function isCancellation(error: unknown): boolean {
  return error instanceof Failure
    ? error.reason === 'cancelled'
    : error instanceof Error && error.name === 'AbortError';
}

/** Follows the sentinel no further first: what it sees from here on is the closing itself. */
export async function closeEnvironment(context: RunContext): Promise<void> {
  context.observing.stop();
  const { plan, ports, recorder, bugs } = context;
  const closed = await attempt(() => ports.environment.close());
  let data: EventOf<'environment-closed'>['data'];
  if ('error' in closed) {
    const { failure } = bugs.failureOf(closed.error);
    const what = `environment ${plan.environment.name} could not be closed`;
    data = { released: [], leftovers: [spellFailure(what, failure)] };
  } else {
    const { released, leftovers, kept, destroyed } = closed.value;
    data = {
      ...{ released, leftovers },
      ...(kept === undefined ? {} : { kept }),
      ...(destroyed === undefined ? {} : { destroyed }),
    };
  }
  await recorder.record(() => [byEngine({ type: 'environment-closed', data })]);
}

/** Injects one fault; the environment knows by its id when it was done before a crash. */
export async function injectFault(
  context: RunContext,
  planned: PlannedFault,
  signal: AbortSignal,
): Promise<void> {
  const { plan, ports, artefacts, recorder, bugs } = context;
  const { args, missing } = fillCall(plan, recorder.state(), { uses: planned.inject, with: planned.with });
  const fault = { ...planned, with: args };
  const describe = describeFault(context, fault);
  const begun = await recorder.record(() =>
    signal.aborted ? [] : [byEngine({ type: 'fault-started', data: { fault: fault.id, describe } })],
  );
  if (begun.length === 0) return;
  const attach: typeof artefacts.attach = (...of) => artefacts.attach(...of);
  const done = await attempt(() => {
    if (missing.length > 0) throw invalidNames(missing);
    return ports.environment.inject(fault, attach, signal);
  });
  if ('error' in done) {
    if (wasInterrupted(signal)) return;
    const failure = failureData(bugs.failureOf(done.error, signal).failure);
    await recorder.record(() => [byEngine({ type: 'fault-failed', data: { fault: fault.id, failure } })]);
    return;
  }
  const { groundTruth, proof, evidence, silent = false, protection } = done.value;
  const data = {
    ...{ fault: fault.id, sabotage: fault.sabotage, groundTruth, proof, evidence },
    ...(silent ? { silent } : {}),
    ...(protection === undefined ? {} : { protection }),
  };
  await recorder.record(() => [byEngine({ type: 'fault-injected', data })]);
}
