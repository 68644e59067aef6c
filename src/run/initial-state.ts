import type { Plan } from '../language/index.js';
import { walkSteps } from './plan-index.js';
import type { FaultState, PhaseState, RunState, StepState } from './state.js';

/** The run of which nothing has been recorded yet. */
export function initialState(plan: Plan): RunState {
  const phases = plan.phases.map((phase): [string, PhaseState] => [
    phase.id,
    { id: phase.id, stage: phase.stage, status: 'pending', enteredAt: null, leftAt: null },
  ]);
  const faults = plan.faults.map((fault): [string, FaultState] => [
    fault.id,
    {
      id: fault.id,
      status: 'planned',
      at: null,
      sabotage: fault.sabotage,
      startedAt: null,
      damagedAt: null,
      silent: false,
      protection: null,
      failure: null,
    },
  ]);
  return {
    runId: null,
    seq: 0,
    head: '0'.repeat(64),
    openedAt: null,
    session: null,
    sessions: 0,
    status: 'new',
    attestedStart: null,
    rolesBound: false,
    people: {},
    environment: {
      opened: false,
      closed: false,
      values: {},
      fingerprint: {},
      notExercised: [],
      observer: null,
      session: null,
      observerSession: null,
      readyAt: null,
      leftovers: [],
    },
    observed: { write: null, read: null, application: null, failingSince: null },
    anchorDue: false,
    faults: Object.fromEntries(faults),
    detection: { evaluated: false, evaluatedAt: null, anySeen: false, nothing: false, goOn: false },
    marks: {},
    phases: Object.fromEntries(phases),
    steps: Object.fromEntries(walkSteps(plan).map(({ step }) => [step.id, initialStep(step.id)])),
    prompts: {},
    acceptance: { round: 0, greenSince: null, lastRoundAt: null, last: [] },
    loss: null,
    survivorsAt: null,
    deviations: [],
    messages: [],
    obligations: {},
    undo: { requested: [], done: [], running: null },
    held: false,
    stop: null,
    ended: null,
  };
}

function initialStep(id: string): StepState {
  return {
    id,
    status: 'pending',
    attempt: 0,
    startedAt: null,
    endedAt: null,
    how: null,
    outputs: {},
    saved: {},
    checks: [],
    failure: null,
    evidence: [],
    approvedBy: null,
    confirmed: false,
    brokeGlass: null,
    undone: false,
    manualHelp: false,
    chosen: null,
    failedAt: null,
    goesOn: false,
    unknownSince: null,
    skipped: null,
    promptCount: 0,
    lastPrompt: null,
  };
}
