import type { ActionCall, Step } from '../language/index.js';
import type { Command } from './command.js';
import { runCheck } from './decide-check.js';
import type { CheckRecord } from './facts.js';
import { checkSince, stepState, type Situation } from './situation.js';
import type { PromptState } from './state.js';

/** "Done" is a claim: the step's own check is run after it was made. Gives what it said, or the command that asks it. */
export function proveClaim(
  situation: Situation,
  step: Step,
  check: ActionCall,
  prompt: PromptState,
): CheckRecord | Command[] {
  const known = stepState(situation, step);
  const seen = checkSince(known, 'claim', prompt.answeredAt);
  return seen ? seen.check : runCheck(situation, step, check, 'claim', known.attempt);
}
