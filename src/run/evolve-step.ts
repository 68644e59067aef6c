import type { Plan } from '../language/index.js';
import { changeStep, instantOf } from './change-state.js';
import type { Entry, EntryOf } from './entry.js';
import type { StepEntry } from './event-types.js';
import { findStep } from './plan-index.js';
import type { RunState, StepState } from './state.js';

export function evolveStep(plan: Plan, state: RunState, entry: StepEntry): RunState {
  const now = instantOf(entry);
  switch (entry.type) {
    case 'step-started':
      return started(plan, state, entry);
    case 'step-succeeded':
      return succeeded(state, entry);
    case 'step-failed': {
      const { attempt, failure, evidence, willRetry } = entry.data;
      const status = willRetry ? 'backing-off' : 'waiting';
      return changeStep(state, entry.data.step, (step) => ({
        ...{ status, failure, failedAt: now, unknownSince: null },
        attempt: Math.max(attempt, step.attempt),
        evidence: evidence.length === 0 ? step.evidence : [...step.evidence, ...evidence],
      }));
    }
    case 'step-given-up':
      return changeStep(state, entry.data.step, {
        ...{ status: 'failed', goesOn: entry.data.goesOn, endedAt: now, unknownSince: null },
      });
    case 'step-skipped': {
      const { cause, reason } = entry.data;
      const skipped = { cause, reason, by: entry.actor };
      return changeStep(state, entry.data.step, {
        status: 'skipped',
        skipped,
        endedAt: now,
        unknownSince: null,
      });
    }
    case 'step-outcome-unknown':
      return changeStep(state, entry.data.step, { status: 'unknown-outcome', unknownSince: now });
    case 'check-evaluated':
      return checked(state, entry);
    case 'message-sent': {
      const sent = { step: entry.data.step, message: entry.data.message, at: now };
      return { ...state, messages: [...state.messages, sent] };
    }
    case 'acceptance-probed':
      return probed(state, entry);
    case 'survivors-listed': {
      const { acknowledged, missing, windowMs } = entry.data;
      return { ...state, loss: { acknowledged, missing, windowMs }, survivorsAt: now };
    }
    case 'survivors-not-listed':
      return { ...state, survivorsAt: now };
    case 'undo-requested':
      return { ...state, undo: { ...state.undo, requested: entry.data.steps, running: null } };
    case 'undo-started':
      return { ...state, undo: { ...state.undo, running: entry.data.step } };
    case 'undo-ended': {
      const { step, failure } = entry.data;
      // After an undo that failed the rest is not undone by itself: people look first.
      if (failure) return { ...state, undo: { ...state.undo, requested: [], running: null } };
      const requested = state.undo.requested.filter((id) => id !== step);
      const undo = { requested, done: [...state.undo.done, step], running: null };
      return changeStep({ ...state, undo }, step, { undone: true });
    }
  }
}

function started(plan: Plan, state: RunState, entry: EntryOf<'step-started'> & Entry): RunState {
  const now = instantOf(entry);
  const begun = changeStep(state, entry.data.step, (step) => ({
    ...{ status: 'running', attempt: entry.data.attempt, startedAt: now, endedAt: null },
    ...{ failure: null, failedAt: null, unknownSince: null, chosen: step.chosen },
    // What was undone before this attempt says nothing about it.
    undone: false,
  }));
  const step = findStep(plan, entry.data.step)?.step;
  if (step?.form !== 'wait' || step.until.kind !== 'acceptance') return begun;
  // Rounds that belong to an earlier wait are no part of this one's window.
  return { ...begun, acceptance: { ...state.acceptance, greenSince: null, lastRoundAt: null } };
}

function succeeded(state: RunState, entry: EntryOf<'step-succeeded'> & Entry): RunState {
  const { attempt, how, outputs, saved, evidence } = entry.data;
  const option = outputs['option'];
  return changeStep(state, entry.data.step, (step): Partial<StepState> => ({
    ...{ status: 'succeeded', how, outputs, saved, endedAt: instantOf(entry) },
    ...{ failure: null, failedAt: null, unknownSince: null, skipped: null },
    attempt: Math.max(attempt, step.attempt),
    chosen: how === 'answered' && typeof option === 'string' ? option : step.chosen,
    evidence: evidence.length === 0 ? step.evidence : [...step.evidence, ...evidence],
  }));
}

function checked(state: RunState, entry: EntryOf<'check-evaluated'> & Entry): RunState {
  const { purpose, attempt, check } = entry.data;
  const record = { purpose, attempt, check, at: instantOf(entry) };
  return changeStep(state, entry.data.step, (step) => {
    // A wait polls many times: only its last look is kept here, all of them are in the journal.
    const kept = purpose === 'wait' ? step.checks.filter((one) => one.purpose !== 'wait') : step.checks;
    return { checks: [...kept, record] };
  });
}

function probed(state: RunState, entry: EntryOf<'acceptance-probed'> & Entry): RunState {
  const { round, checks } = entry.data;
  const now = instantOf(entry);
  // A round without checks proves nothing.
  const green = entry.data.green && checks.length > 0 && checks.every((one) => one.check.verdict === 'pass');
  const greenSince = green ? (state.acceptance.greenSince ?? now) : null;
  const last = checks.map(({ id, critical, check }) => ({ id, critical, verdict: check.verdict }));
  return { ...state, acceptance: { round, greenSince, lastRoundAt: now, last } };
}
