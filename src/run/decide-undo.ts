import type { Command } from './command.js';
import { fillCall } from './scope.js';
import { append, failure, type Situation } from './situation.js';
import { findStep } from './plan-index.js';

/** Undoes what a person asked to have undone, one step after the other, before anything else goes on. */
export function undoSteps({ plan, state }: Situation): Command[] | null {
  const [id] = state.undo.requested;
  if (id === undefined) return null;
  const step = findStep(plan, id)?.step;
  const call = step?.undo && 'uses' in step.undo ? step.undo : null;
  if (!step || !call) return cannotUndo(id, `${id} has no undo`);
  const { missing } = fillCall(plan, state, call);
  if (missing.length > 0) return cannotUndo(id, `${call.uses} has no value for ${missing.join(', ')}`);
  return [{ do: 'undo', step, call }];
}

function cannotUndo(step: string, message: string): Command[] {
  const data = { step, failure: failure('invalid', message), evidence: [] };
  return append({ type: 'undo-ended', data });
}
