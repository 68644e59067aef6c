import { Failure } from '../base/index.js';
import {
  decide,
  isOpeningInVain,
  stepsToAbort,
  type Command,
  type Entry,
  type RunState,
} from '../run/index.js';
import type { Bell } from './bell.js';
import { interruption, type EffectCommand, type InFlight } from './in-flight.js';
import { performEffect } from './perform-effect.js';
import { hasEnded } from './perform-step.js';
import { byEngine, type Fact } from './recorder.js';
import type { RunContext } from './run-context.js';

export interface LoopParts {
  readonly context: RunContext;
  readonly inFlight: InFlight;
  readonly bell: Bell;
  readonly isInterrupted: () => boolean;
  /** An effect that broke instead of recording how it went: nobody knows how to go on. */
  readonly wreck: () => { readonly error: unknown } | null;
}

/** Decides and performs until the run has finished or this engine is interrupted. Rejects when nothing can be recorded. */
export async function loop(parts: LoopParts): Promise<void> {
  const { context, inFlight, bell } = parts;
  const { plan, recorder, ports } = context;
  while (!parts.isInterrupted()) {
    const dead = recorder.broken() ?? parts.wreck();
    if (dead !== null) throw dead.error;
    let commands: readonly Command[] = [];
    const nowMs = ports.clock.now();
    const appended = await recorder.record((state) => {
      const stop = stopForBug(context, state);
      if (stop !== null) return [stop];
      commands = decide(plan, state, nowMs);
      return begin(parts, commands);
    });
    if (appended.length > 0) continue;
    if (commands.some((command) => command.do === 'finished') && inFlight.count() === 0) return;
    const wakes = commands.flatMap((command) => (command.do === 'wake' ? [command.atMs] : []));
    await bell.wait(wakes.length > 0 ? Math.min(...wakes) - nowMs : null);
  }
}

/** Starts the effects that are not under way yet, and hands over what is to be appended at once. */
function begin({ context, inFlight }: LoopParts, commands: readonly Command[]): Fact[] {
  const facts: Fact[] = [];
  for (const command of commands) {
    if (command.do === 'append') facts.push(command);
    if (command.do === 'append' || command.do === 'wake' || command.do === 'finished') continue;
    if (inFlight.has(command)) continue;
    // What was aborted may still be busy ending its children: nothing is closed over its head.
    if (command.do === 'close-environment' && inFlight.count() > 0) continue;
    inFlight.start(command, (signal) => performEffect(context, command, signal));
  }
  return facts;
}

function stopForBug({ bugs }: RunContext, state: RunState): Fact | null {
  const bug = bugs.first();
  if (bug === null || state.stop !== null || state.ended !== null) return null;
  const message = bug.error instanceof Error ? bug.error.message : String(bug.error);
  const reason = `bug in firedrill: ${message}`;
  return byEngine({ type: 'stop-requested', data: { reason, how: 'failure' } });
}

/** Aborts the effects that an entry has made pointless. */
export function abortOverruled(
  { plan, recorder }: Pick<RunContext, 'plan' | 'recorder'>,
  inFlight: InFlight,
  entry: Entry,
): void {
  const state = recorder.state();
  const ended = (command: EffectCommand) =>
    (command.do === 'perform' || command.do === 'check') && hasEnded(state.steps[command.step.id]);
  inFlight.abort(ended, new Failure('cancelled', 'the step has ended', { retryable: false }));
  if (entry.type !== 'stop-requested') return;
  const stopped = new Set(stepsToAbort(plan, state));
  const overruled = (command: EffectCommand) => {
    if (command.do === 'perform' || command.do === 'check') return stopped.has(command.step.id);
    if (command.do === 'open-environment') return isOpeningInVain(state);
    return ['inject', 'evaluate-detection', 'probe-acceptance'].includes(command.do);
  };
  const why = `the run was stopped: ${entry.data.reason}`;
  inFlight.abort(overruled, new Failure('cancelled', why, { retryable: false }));
}

/** Aborts whatever is under way and leaves its outcome open. */
export function abortAll(inFlight: InFlight): void {
  inFlight.abort(() => true, interruption);
}
