import { formatDuration } from '../base/index.js';
import type { WaitStep } from '../language/index.js';
import type { Command } from './command.js';
import { retriesByItself } from './retry.js';
import { atMs, fail, failure, isScripted, stepState, wake, type Situation } from './situation.js';

/** Between two looks at the same thing lies at least this, whatever the plan says. */
const leastEveryMs = 100;

/** Looks again when it is time, unless the wait has lasted too long. */
export function again(
  situation: Situation,
  step: WaitStep,
  command: Command,
  lastMs: number | null,
  everyMs: number,
  said: string,
): Command[] {
  const known = stepState(situation, step);
  const { nowMs, state } = situation;
  const startMs = known.startedAt ? atMs(known.startedAt) : nowMs;
  const limitMs = timeLimitMs(situation, step);
  const deadlineMs = limitMs === null ? Infinity : startMs + limitMs;
  if (nowMs >= deadlineMs) {
    const lasted = formatDuration(limitMs ?? 0);
    const why = failure('timeout', `${step.id} waited ${lasted} in vain: ${said}`, { retryable: true });
    return fail(step, known.attempt, why, retriesByItself(state, step, known.attempt, why));
  }
  const nextMs = lastMs === null ? nowMs : lastMs + Math.max(everyMs, leastEveryMs);
  const deadline = deadlineMs === Infinity ? [] : wake(deadlineMs);
  return nowMs >= nextMs ? [command, ...deadline] : wake(Math.min(nextMs, deadlineMs));
}

/** A wait without a limit ends in an unattended run when the recovery time objective has passed: nobody is there to end it. */
function timeLimitMs({ plan }: Situation, step: WaitStep): number | null {
  return step.timeoutMs ?? (isScripted(plan) ? plan.objectives.rtoMs : null);
}
