import type { Plan, Step } from '../language/index.js';
import type { Instant, PhaseState, RunState } from './state.js';
import { stepsOf } from './step-list.js';

/** `0:04:09`; a negative time carries a minus. */
export function formatClock(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${sign}${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export interface RecoveryClock {
  readonly elapsedMs: number;
  readonly stopped: boolean;
  readonly leftMs: number;
  /** Elapsed plus the targets of what remains; null once stopped. */
  readonly forecastMs: number | null;
  /** Some phase that remains has no target: the forecast is a lower bound. */
  readonly atLeast: boolean;
}

/** Null while nobody has marked the disruption: then there is no recovery time to show. */
export function recoveryClock(plan: Plan, state: RunState, nowMs: number): RecoveryClock | null {
  const from = state.marks.disruption;
  if (!from) return null;
  const to = state.marks['service-verified'];
  const end = to ? Date.parse(to.pointAt) : endOf(state, nowMs);
  const elapsedMs = Math.max(0, end - Date.parse(from.pointAt));
  const rest = remaining(plan, state, nowMs);
  const running = !to && state.ended === null;
  return {
    elapsedMs,
    stopped: to !== undefined,
    leftMs: plan.objectives.rtoMs - elapsedMs,
    forecastMs: running ? elapsedMs + rest.ms : null,
    atLeast: rest.atLeast,
  };
}

function endOf(state: RunState, nowMs: number): number {
  if (state.ended === null) return nowMs;
  const ends = Object.values(state.phases).map((phase) => (phase.leftAt ? Date.parse(phase.leftAt.at) : 0));
  return ends.length > 0 ? Math.max(...ends) : nowMs;
}

function remaining(plan: Plan, state: RunState, nowMs: number): { ms: number; atLeast: boolean } {
  let ms = 0;
  let atLeast = false;
  for (const phase of plan.phases.filter((one) => one.stage === 'response')) {
    const known = state.phases[phase.id];
    if (known && known.status !== 'pending' && known.status !== 'active') continue;
    if (phase.targetMs === undefined) atLeast = true;
    else ms += Math.max(0, phase.targetMs - (known ? phaseElapsed(known, nowMs) : 0));
  }
  return { ms, atLeast };
}

export function phaseElapsed(phase: PhaseState, nowMs: number): number {
  return elapsed(phase.enteredAt, phase.leftAt, nowMs) ?? 0;
}

/** From start to end, or to now; by the monotonic clock within one session, null before the start. */
export function elapsed(start: Instant | null, end: Instant | null, nowMs: number): number | null {
  if (!start) return null;
  if (end && end.session === start.session) return Math.max(0, end.mono - start.mono);
  return Math.max(0, (end ? Date.parse(end.at) : nowMs) - Date.parse(start.at));
}

export interface Deadline {
  readonly step: Step;
  readonly leftMs: number;
}

/** What is due and not yet done, the nearest first. */
export function deadlines(plan: Plan, state: RunState, nowMs: number): Deadline[] {
  const open: Deadline[] = [];
  for (const { step } of stepsOf(plan).values()) {
    const mark = step.due ? state.marks[step.due.of] : undefined;
    const status = state.steps[step.id]?.status ?? 'pending';
    if (!step.due || !mark || status === 'succeeded' || status === 'skipped') continue;
    open.push({ step, leftMs: Date.parse(mark.pointAt) + step.due.withinMs - nowMs });
  }
  return open.sort((a, b) => a.leftMs - b.leftMs);
}
