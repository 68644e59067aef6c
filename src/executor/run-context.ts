import { Failure } from '../base/index.js';
import type { ActionCall, Plan, PlannedFault } from '../language/index.js';
import type { Bugs } from './bugs.js';
import type { Outputs } from './outputs.js';
import type { ArtefactPort, ExecutorPorts, ObserverPort } from './ports.js';
import type { Recorder } from './recorder.js';

/** What every effect of one run works with. */
export interface RunContext {
  readonly plan: Plan;
  readonly runId: string;
  readonly ports: ExecutorPorts;
  readonly artefacts: ArtefactPort;
  readonly recorder: Recorder;
  readonly outputs: Outputs;
  readonly bugs: Bugs;
  /** The sentinel of this session, once started; how to stop following it. */
  readonly observing: { port: ObserverPort | null; stop: () => void };
}

/** `what`, the reason and what to do about it, in one line for the record. */
export function spellFailure(what: string, failure: Failure): string {
  const hint = failure.hint === undefined ? '' : ` (${failure.hint})`;
  return `${what}: ${failure.message}${hint}`;
}

/** A sentence on what the call does; a description that breaks is a bug, but no reason not to know what was done. */
export function describeCall(context: RunContext, call: ActionCall): string {
  try {
    return context.ports.actions.describe(call);
  } catch (error) {
    context.bugs.failureOf(error);
    return call.uses;
  }
}

export function describeFault(context: RunContext, fault: PlannedFault): string {
  const plain = `${fault.inject} ${JSON.stringify(fault.with)}`;
  try {
    return context.ports.environment.describeFault?.(fault) ?? plain;
  } catch (error) {
    context.bugs.failureOf(error);
    return plain;
  }
}

export function noObserver(): Failure {
  return new Failure('unavailable', 'the environment has none', { retryable: false });
}

export function invalidNames(names: readonly string[]): Failure {
  return new Failure('invalid', `not known: ${names.join(', ')}`, { retryable: false });
}
