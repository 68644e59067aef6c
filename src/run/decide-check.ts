import type { ActionCall, Step } from '../language/index.js';
import type { Command } from './command.js';
import type { CheckPurpose } from './facts.js';
import { fillCall } from './scope.js';
import { append, type Situation } from './situation.js';

/** A check that refers to what is not known yet cannot run, and says so: not run is not passed. */
export function runCheck(
  { plan, state }: Situation,
  step: Step,
  call: ActionCall,
  purpose: CheckPurpose,
  attempt: number,
): Command[] {
  const { missing } = fillCall(plan, state, call);
  if (missing.length === 0) return [{ do: 'check', step, call, purpose, attempt }];
  const reason = `${missing.join(', ')} not known yet`;
  const check = { verdict: 'not-run', results: [], reason } as const;
  return append({ type: 'check-evaluated', data: { step: step.id, purpose, attempt, check } });
}
