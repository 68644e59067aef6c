import type { Plan } from '../language/index.js';
import { commandKey } from './command-key.js';
import type { Command } from './command.js';
import { closeRun } from './decide-end.js';
import { decideDetection } from './decide-detection.js';
import { injectAtStart, respond } from './decide-faults.js';
import { recordOwed, stopOwed } from './decide-owed.js';
import { runPhases } from './decide-phases.js';
import { anchor, prepare } from './decide-preparation.js';
import { settle } from './decide-stop.js';
import { undoSteps } from './decide-undo.js';
import type { Situation } from './situation.js';
import type { RunState } from './state.js';

/**
 * What should happen next; see `Command` for the shape of the answer. `nowMs` is the wall clock. The same plan, state and time give
 * the same decision. It says again what is still to be done, also when that is under way: whoever carries it out knows by
 * `commandKey`.
 */
export function decide(plan: Plan, state: RunState, nowMs: number): Command[] {
  if (state.ended !== null) return [{ do: 'finished' }];
  if (state.runId === null || state.session === null) return [];
  return oneAtATime(next({ plan, state, nowMs }));
}

/** Each part gives commands, an empty list when something must come from outside first, or null when it has nothing left to do. */
function next(situation: Situation): Command[] {
  const stopped = situation.state.stop !== null;
  return (
    recordOwed(situation) ??
    prepare(situation) ??
    stopOwed(situation) ??
    anchor(situation) ??
    undoSteps(situation) ??
    (stopped ? settle(situation) : proceed(situation)) ??
    runPhases(situation, 'always') ??
    (stopped ? null : runPhases(situation, 'after')) ??
    closeRun(situation)
  );
}

function proceed(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  const before = runPhases(situation, 'before') ?? injectAtStart(situation) ?? decideDetection(situation);
  if (before !== null) return before;
  // A drill whose disaster nobody can see has no response to practise; its obligations still run.
  return plan.mode === 'drill' && state.detection.nothing ? null : respond(situation);
}

/** An entry changes what should follow: it goes alone. What several steps wait for is done once. Of several times to wake up the first counts. */
function oneAtATime(commands: readonly Command[]): Command[] {
  const entry = commands.find((command) => command.do === 'append');
  if (entry) return [entry];
  const wakes = commands.flatMap((command) => (command.do === 'wake' ? [command.atMs] : []));
  const asked = commands.filter((command) => command.do !== 'wake');
  const effects = [...new Map(asked.map((command) => [commandKey(command), command])).values()];
  return wakes.length === 0 ? effects : [...effects, { do: 'wake', atMs: Math.min(...wakes) }];
}
