import type { WaitStep } from '../language/index.js';
import type { Command } from './command.js';
import { decideAcceptance } from './decide-acceptance.js';
import { again } from './decide-poll.js';
import { fillCall } from './scope.js';
import { append, atMs, checkSince, fail, failure, stepState, wake, type Situation } from './situation.js';
import { spokenCheck } from './tell-words.js';

/** Waits for a time, for a check, or for the acceptance window. A wait goes on across an interruption. */
export function decideWait(situation: Situation, step: WaitStep): Command[] {
  const known = stepState(situation, step);
  if (known.status !== 'running' || known.startedAt === null) {
    const data = {
      step: step.id,
      attempt: known.attempt + 1,
      describe: step.title,
      args: {},
      by: 'machine' as const,
    };
    return append({ type: 'step-started', data });
  }
  const startMs = atMs(known.startedAt);
  switch (step.until.kind) {
    case 'duration': {
      const untilMs = startMs + step.until.ms;
      return situation.nowMs >= untilMs ? waited(situation, step) : wake(untilMs);
    }
    case 'check':
      return poll(situation, step, step.until);
    case 'acceptance':
      return decideAcceptance(situation, step, known.startedAt) ?? waited(situation, step);
  }
}

function poll(
  situation: Situation,
  step: WaitStep,
  { call, everyMs }: { readonly call: Parameters<typeof fillCall>[2]; readonly everyMs: number },
): Command[] {
  const { plan, state } = situation;
  const known = stepState(situation, step);
  const { missing } = fillCall(plan, state, call);
  if (missing.length > 0) {
    const message = `${call.uses} has no value for ${missing.join(', ')}`;
    return fail(step, known.attempt, failure('invalid', message));
  }
  const seen = checkSince(known, 'wait', known.startedAt);
  if (seen?.check.verdict === 'pass') return waited(situation, step);
  const said = seen ? `its last check says: ${spokenCheck(seen.check)}` : 'its check was never evaluated';
  const command: Command = { do: 'check', step, call, purpose: 'wait', attempt: known.attempt };
  return again(situation, step, command, seen ? atMs(seen.at) : null, everyMs, said);
}

function waited(situation: Situation, step: WaitStep): Command[] {
  const { attempt } = stepState(situation, step);
  const data = { step: step.id, attempt, how: 'waited', outputs: {}, saved: {}, evidence: [] } as const;
  return append({ type: 'step-succeeded', data });
}
