import type { EventOf } from './entry.js';
import type { Command } from './command.js';
import type { Actor } from './facts.js';
import { disasterOf, failingSinceDisaster } from './disaster.js';
import { walkSteps } from './plan-index.js';
import { append, engine, lastPromptOf, type Situation } from './situation.js';
import type { MarkState, StepState } from './state.js';

type Mark = EventOf<'clock-marked'>['data'];

/** The next of the clock's points that follows from what is on record; `service-verified` is set by the acceptance window alone. */
export function markOwed(situation: Situation): Command[] | null {
  return disruption(situation) ?? detected(situation) ?? markOfStep(situation);
}

function mark(data: Mark, actor: Actor = engine): Command[] {
  return append({ type: 'clock-marked', data }, actor);
}

function disruption({ plan, state }: Situation): Command[] | null {
  if (state.marks.disruption) return null;
  const point = 'disruption';
  if (plan.mode === 'drill') {
    const disaster = disasterOf(state);
    if (!disaster?.damagedAt) return null;
    return mark({
      point,
      at: disaster.damagedAt,
      by: 'engine',
      because: `fault ${disaster.id} was injected`,
    });
  }
  const attested = state.attestedStart;
  if (attested !== null) {
    return mark({ point, at: attested, by: 'person', because: 'attested at the start of the run' });
  }
  const failing = state.observed.failingSince;
  if (!failing || isOver({ plan, state })) return null;
  const because = `first probe that failed: ${failing.what}`;
  return mark({ point, at: failing.sentinelAt, by: 'sentinel', because }, { kind: 'sentinel' });
}

function detected({ plan, state }: Situation): Command[] | null {
  const { marks, detection } = state;
  if (marks.detected || isOver({ plan, state })) return null;
  const failing = failingSinceDisaster(plan, state);
  const point = 'detected';
  const tooEarly = plan.mode === 'live' && failing !== null && isBefore(failing.sentinelAt, marks.disruption);
  if (failing !== null && !tooEarly) {
    const at = later(failing.sentinelAt, marks.disruption?.pointAt);
    const because = `the sentinel saw ${failing.what} fail`;
    return mark({ point, at, by: 'sentinel', because }, { kind: 'sentinel' });
  }
  if (!detection.evaluated || detection.nothing || detection.evaluatedAt === null) return null;
  const because = detection.anySeen ? 'a sign of the runbook was seen' : 'the sentinel sees a failure';
  return mark({ point, at: detection.evaluatedAt.at, by: 'engine', because });
}

/** Once the response has ended (or none will be), what fails is no detection: regions are being taken down. */
function isOver({ plan, state }: Pick<Situation, 'plan' | 'state'>): boolean {
  if (state.stop !== null || state.environment.closed) return true;
  if (plan.mode === 'drill' && state.detection.nothing) return true;
  const response = plan.phases.filter((phase) => phase.stage === 'response');
  return response.length > 0 && response.every((phase) => state.phases[phase.id]?.leftAt !== null);
}

function isBefore(at: string, mark: MarkState | undefined): boolean {
  return mark !== undefined && Date.parse(at) < Date.parse(mark.pointAt);
}

function later(a: string, b: string | undefined): string {
  return b !== undefined && Date.parse(b) > Date.parse(a) ? b : a;
}

function markOfStep(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  for (const { step } of walkSteps(plan)) {
    const known = state.steps[step.id];
    const point = step.marks;
    if (point === undefined || point === 'service-verified' || state.marks[point]) continue;
    if (known?.status !== 'succeeded' || known.endedAt === null) continue;
    const actor = actorOf(situation, known);
    const by = actor.kind === 'person' || actor.kind === 'scripted' ? actor.kind : 'engine';
    return mark({ point, at: known.endedAt.at, by, because: `step ${step.id} succeeded` }, actor);
  }
  return null;
}

function actorOf(situation: Situation, known: StepState): Actor {
  const byPeople = known.how === 'answered' || known.how === 'by-hand';
  return (byPeople ? lastPromptOf(situation, known)?.answeredBy : null) ?? engine;
}
