import type { Plan } from '../language/index.js';
import { instantOf } from './change-state.js';
import { failingSinceDisaster } from './disaster.js';
import type { Entry } from './entry.js';
import type { LifeEntry } from './event-types.js';
import { resumeSteps } from './evolve-resume.js';
import type { FaultState, PhaseState, RunState } from './state.js';

export function evolveLife(plan: Plan, state: RunState, entry: LifeEntry): RunState {
  const now = instantOf(entry);
  switch (entry.type) {
    case 'run-opened': {
      const { runId, attestedStart = null } = entry.data;
      return { ...state, runId, attestedStart, openedAt: now, status: 'open' };
    }
    case 'session-started': {
      const begun = { ...state, session: entry.data.session, sessions: state.sessions + 1 };
      return entry.data.resumed ? resumeSteps(plan, begun) : begun;
    }
    case 'environment-opened': {
      const { values, fingerprint, notExercised } = entry.data;
      const known = { opened: true, values, fingerprint, notExercised, session: entry.session };
      return { ...state, environment: { ...state.environment, ...known } };
    }
    case 'observer-started':
      return observerKnown(state, entry, { resolutionMs: entry.data.resolutionMs });
    case 'observed':
      return { ...state, observed: observedAfter(state.observed, entry.data) };
    case 'ledger-anchored':
      return { ...state, anchorDue: false };
    case 'fault-started':
      // Taken up again after an interruption it still began when it first did.
      return changeFault(state, entry.data.fault, {
        status: 'started',
        startedAt: state.faults[entry.data.fault]?.startedAt ?? now,
      });
    case 'fault-injected': {
      const { fault, sabotage, groundTruth, silent = false, protection = null } = entry.data;
      const told = groundTruth['at'];
      const damagedAt = typeof told === 'string' && !Number.isNaN(Date.parse(told)) ? told : entry.at;
      const known = { sabotage, damagedAt, silent, protection };
      return changeFault(state, fault, { status: 'injected', at: now, ...known });
    }
    case 'fault-failed':
      return changeFault(state, entry.data.fault, {
        status: 'failed',
        at: now,
        failure: entry.data.failure.message,
      });
    case 'detection-evaluated': {
      const anySeen = entry.data.signs.some((sign) => sign.seen === true);
      const failing = state.marks.detected !== undefined || failingSinceDisaster(plan, state) !== null;
      // An evaluation that a stop cut short found nothing out.
      const nothing = !anySeen && !failing && state.stop === null;
      return {
        ...state,
        detection: { evaluated: true, evaluatedAt: now, anySeen, nothing, goOn: state.detection.goOn },
      };
    }
    case 'clock-marked': {
      const { point, at, by } = entry.data;
      // The first mark of a point stands.
      if (state.marks[point]) return state;
      return { ...state, marks: { ...state.marks, [point]: { ...now, pointAt: at, by } } };
    }
    case 'phase-entered':
      return changePhase(state, entry.data.phase, { status: 'active', enteredAt: now });
    case 'phase-left': {
      const left = changePhase(state, entry.data.phase, { status: entry.data.outcome, leftAt: now });
      return { ...left, anchorDue: state.environment.observer !== null };
    }
    case 'obligation-opened': {
      const { obligation, text } = entry.data;
      return { ...state, obligations: { ...state.obligations, [obligation]: { text } } };
    }
    case 'environment-closed': {
      const { leftovers } = entry.data;
      return { ...state, anchorDue: false, environment: { ...state.environment, closed: true, leftovers } };
    }
    case 'run-ended':
      return { ...state, status: 'ended', ended: entry.data };
    case 'run-sealed':
      return { ...state, status: 'sealed' };
  }
}

/** The observer runs, or it is on record that this environment has none. */
export function observerKnown(
  state: RunState,
  entry: Entry,
  observer: { readonly resolutionMs: number } | null,
): RunState {
  const readyAt = state.environment.readyAt ?? instantOf(entry);
  const environment = { ...state.environment, observer, observerSession: entry.session, readyAt };
  return { ...state, environment, anchorDue: state.anchorDue && observer !== null };
}

function observedAfter(
  before: RunState['observed'],
  seen: Extract<Entry, { type: 'observed' }>['data'],
): RunState['observed'] {
  const after = { ...before, [seen.what]: seen.state };
  const failing = [after.write, after.read, after.application].includes('failing');
  const began = before.failingSince ?? { what: seen.what, sentinelAt: seen.sentinelAt };
  return { ...after, failingSince: failing ? began : null };
}

function changeFault(state: RunState, id: string, change: Partial<FaultState>): RunState {
  const fault = state.faults[id];
  return fault ? { ...state, faults: { ...state.faults, [id]: { ...fault, ...change } } } : state;
}

function changePhase(state: RunState, id: string, change: Partial<PhaseState>): RunState {
  const phase = state.phases[id];
  return phase ? { ...state, phases: { ...state.phases, [id]: { ...phase, ...change } } } : state;
}
