import type { AcceptanceCheck, DetectionSign } from '../language/index.js';
import type { Command } from '../run/index.js';
import { wasInterrupted } from './in-flight.js';
import { byEngine } from './recorder.js';
import { runCheck } from './run-check.js';
import type { RunContext } from './run-context.js';
import { limitTime } from './time-limit.js';

/** A probe that hangs says nothing good: after this long it counts as not run. */
const probeLimitMs = 60_000;

/** One check of a step, for whichever purpose the decision gave. */
export async function evaluateCheck(
  context: RunContext,
  command: Extract<Command, { do: 'check' }>,
  outer: AbortSignal,
): Promise<void> {
  const { step, call, purpose, attempt } = command;
  const title = `check ${purpose} of ${step.id}, attempt ${attempt}`;
  const limited = limitTime(outer, step.timeoutMs ?? null);
  const { signal } = limited;
  const check = await runCheck(context, { call, title, step: step.id, signal }).finally(limited.release);
  if (check.verdict === 'not-run' && wasInterrupted(signal)) return;
  const data = { step: step.id, purpose, attempt, check };
  await context.recorder.record(() => [byEngine({ type: 'check-evaluated', data })]);
}

/** Looks for every sign at once; a sign without a check can be seen by people alone. */
export async function evaluateDetection(
  context: RunContext,
  signs: readonly DetectionSign[],
  outer: AbortSignal,
): Promise<void> {
  const { signal, release } = limitTime(outer, probeLimitMs);
  const look = async ({ id, sign, check: call }: DetectionSign) => {
    if (call === undefined) return { id, sign, seen: null, check: null };
    const check = await runCheck(context, { call, title: `detection sign ${id}`, step: null, signal });
    const seen = check.verdict === 'not-run' ? null : check.verdict === 'pass';
    return { id, sign, seen, check };
  };
  const seen = await Promise.all(signs.map(look)).finally(release);
  if (wasInterrupted(signal)) return;
  await context.recorder.record(() => [byEngine({ type: 'detection-evaluated', data: { signs: seen } })]);
}

/** One round of all acceptance checks; it ends when the slowest has ended, and is green only if all passed. */
export async function probeAcceptance(
  context: RunContext,
  round: number,
  checks: readonly AcceptanceCheck[],
  outer: AbortSignal,
): Promise<void> {
  const { signal, release } = limitTime(outer, probeLimitMs);
  const probe = async ({ id, call, critical }: AcceptanceCheck) => {
    const title = `acceptance ${id}, round ${round}`;
    return { id, critical, check: await runCheck(context, { call, title, step: null, signal }) };
  };
  const results = await Promise.all(checks.map(probe)).finally(release);
  if (wasInterrupted(signal)) return;
  const green = results.length > 0 && results.every((one) => one.check.verdict === 'pass');
  await context.recorder.record(() => [
    byEngine({ type: 'acceptance-probed', data: { round, checks: results, green } }),
  ]);
}
