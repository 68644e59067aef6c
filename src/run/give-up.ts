import type { Step } from '../language/index.js';
import type { Command } from './command.js';
import { append } from './situation.js';

/** No further attempt: the step has failed for good. */
export function giveUp(step: Step, goesOn: boolean, because: string): Command[] {
  return append({ type: 'step-given-up', data: { step: step.id, goesOn, because } });
}
