import { compareOutputs, type ExpectationResult, type JsonObject } from '../base/index.js';
import type { ActionCall } from '../language/index.js';
import { fillCall, type CheckRecord } from '../run/index.js';
import { callAction } from './call-action.js';
import type { RunContext } from './run-context.js';

export interface CheckRequest {
  readonly call: ActionCall;
  readonly title: string;
  readonly step: string | null;
  readonly signal: AbortSignal;
  /** What the step itself has just saved, which its own check may name. */
  readonly own?: { readonly step: string; readonly saved: JsonObject };
}

/**
 * Runs a check and compares what it found with what was expected. A check that could not be carried out is `not-run`, which is
 * never a pass; only an action that says itself that the check failed makes a `fail` without a comparison.
 */
export async function runCheck(context: RunContext, request: CheckRequest): Promise<CheckRecord> {
  const { call, title, step, signal, own } = request;
  const { args, missing } = fillCall(context.plan, context.recorder.state(), call, own);
  if (missing.length > 0) return notRun(`not known yet: ${missing.join(', ')}`);
  if (signal.aborted) return notRun(context.bugs.failureOf(abortOf(signal), signal).failure.message);
  const { outcome, thrown, evidence } = await callAction(context, { call, args, title, step, signal });
  const kept = evidence.length > 0 ? { evidence } : {};
  if (thrown !== null) {
    const { failure } = context.bugs.failureOf(thrown.error, signal);
    const verdict = failure.reason === 'check' ? 'fail' : 'not-run';
    return { verdict, results: [], reason: failure.message, ...kept };
  }
  const results = compareOutputs(outcome?.outputs ?? {}, call.expect);
  if (results.length === 0) return { ...notRun('nothing is expected of it'), ...kept };
  return { verdict: results.every((one) => one.met) ? 'pass' : 'fail', results, ...kept };
}

function abortOf(signal: AbortSignal): unknown {
  return signal.reason;
}

function notRun(reason: string): CheckRecord {
  return { verdict: 'not-run', results: [], reason };
}

/** `rows is 3, expected at least 5; …`: what a failed check found, for people. */
export function spellCheck(check: CheckRecord): string {
  const unmet = check.results.filter((result) => !result.met).map(spellResult);
  const parts = check.reason === undefined ? unmet : [check.reason, ...unmet];
  return parts.join('; ');
}

function spellResult({ name, actual, expected }: ExpectationResult): string {
  return `${name} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}
