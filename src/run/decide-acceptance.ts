import type { WaitStep } from '../language/index.js';
import type { Command } from './command.js';
import { again } from './decide-poll.js';
import { append, atMs, fail, failure, stepState, type Situation } from './situation.js';
import type { Instant } from './state.js';

/**
 * The acceptance window: rounds of all checks until they have been green, unbroken, for the hold. The service counts as verified
 * from the end of the window's first round, when all of it was known to be green. Null when the wait is over.
 */
export function decideAcceptance(situation: Situation, step: WaitStep, startedAt: Instant): Command[] | null {
  const { plan, state } = situation;
  const { acceptance, marks } = state;
  const checks = plan.acceptance?.checks ?? [];
  if (checks.length === 0) {
    const message = `${step.id} waits for acceptance, and the plan has no acceptance checks`;
    return fail(step, stepState(situation, step).attempt, failure('invalid', message));
  }
  const marked = marks['service-verified'];
  const markedHere = marked !== undefined && marked.seq > startedAt.seq;
  if (!markedHere && !isHeld(situation)) return probe(situation, step, checks);
  if (marked === undefined) return markVerified(acceptance.greenSince);
  return state.survivorsAt !== null && state.survivorsAt.seq > marked.seq ? null : [{ do: 'list-survivors' }];
}

function isHeld({ plan, state }: Situation): boolean {
  const { greenSince, lastRoundAt } = state.acceptance;
  if (greenSince === null || lastRoundAt === null) return false;
  // Both rounds belong to one session: an interruption ends a window.
  return lastRoundAt.mono - greenSince.mono >= (plan.acceptance?.holdMs ?? 0);
}

function markVerified(greenSince: Instant | null): Command[] | null {
  if (greenSince === null) return null;
  const because = 'end of the first round of the window in which all acceptance checks stayed green';
  return append({
    type: 'clock-marked',
    data: { point: 'service-verified', at: greenSince.at, by: 'engine', because },
  });
}

function probe(
  situation: Situation,
  step: WaitStep,
  checks: Extract<Command, { do: 'probe-acceptance' }>['checks'],
): Command[] {
  const { round, last, lastRoundAt } = situation.state.acceptance;
  const red = last.filter((one) => one.verdict !== 'pass').map((one) => `${one.id} ${one.verdict}`);
  const said =
    lastRoundAt === null
      ? 'no round of acceptance checks ended'
      : red.length > 0
        ? `not green in the last round: ${red.join(', ')}`
        : 'the checks were green, but not for long enough';
  const everyMs = step.until.kind === 'acceptance' ? step.until.everyMs : 0;
  const command: Command = { do: 'probe-acceptance', round: round + 1, checks };
  return again(situation, step, command, lastRoundAt ? atMs(lastRoundAt) : null, everyMs, said);
}
