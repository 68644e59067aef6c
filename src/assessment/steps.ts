import type { JsonObject } from '../base/index.js';
import type { Actor, CheckPurpose, CheckRecord, Entry, EvidenceRef } from '../run/index.js';
import { entriesOf } from './entries.js';
import { promptsOf, type PromptFact } from './prompts.js';
import type { RunRecord } from './record.js';
import type { TimeAxis } from './time-axis.js';
import { undosOf, type UndoFact } from './undone.js';
import { plannedSteps, type PlannedStep } from './walk-steps.js';

export type StepResult =
  | 'succeeded'
  | 'failed'
  | 'not-finished'
  | 'unknown-outcome'
  /** It had succeeded and was taken back: what it did is no longer there. */
  | 'undone'
  | 'not-reached'
  | 'skipped-by-person'
  | 'stopped'
  | 'not-due';

/** What became of one step of the plan. */
export interface StepFact {
  readonly id: string;
  readonly title: string;
  readonly phase: string;
  readonly form: PlannedStep['step']['form'];
  /** The action it uses, if any. */
  readonly action: string | null;
  readonly role: string | null;
  readonly destroys: boolean;
  readonly targetMs: number | null;
  readonly result: StepResult;
  readonly how: 'performed' | 'already-done' | 'by-hand' | 'answered' | 'waited' | null;
  readonly attempts: number;
  /** It needed somebody to have it retried, to edit it or to do it by hand; a declared answer that did so counts too. */
  readonly manualHelp: boolean;
  /** A declared answer stood in for a person. */
  readonly scripted: boolean;
  readonly startedAt: string | null;
  /** From the first start to the last result, ms. */
  readonly durationMs: number | null;
  readonly describe: string | null;
  readonly outputs: JsonObject;
  readonly saved: JsonObject;
  readonly checks: readonly {
    readonly purpose: CheckPurpose;
    readonly check: CheckRecord;
    readonly seq: number;
  }[];
  readonly reason: string | null;
  readonly answeredBy: readonly Actor[];
  readonly evidence: readonly EvidenceRef[];
  readonly seqs: readonly number[];
}

export function stepsOf(record: RunRecord, axis: TimeAxis): StepFact[] {
  const prompts = promptsOf(record.entries);
  const undos = new Map(undosOf(record.entries).map((undo) => [undo.step, undo]));
  return plannedSteps(record.plan).map((planned) =>
    stepFact(planned, record.entries, prompts, axis, undos.get(planned.step.id)),
  );
}

function stepFact(
  planned: PlannedStep,
  all: readonly Entry[],
  allPrompts: readonly PromptFact[],
  axis: TimeAxis,
  undo: UndoFact | undefined,
): StepFact {
  const { step, phase } = planned;
  const own = all.filter((entry) => stepNamed(entry) === step.id);
  const prompts = allPrompts.filter((prompt) => prompt.step === step.id);
  const starts = entriesOf(own, 'step-started');
  const succeeded = entriesOf(own, 'step-succeeded').at(-1);
  const failed = entriesOf(own, 'step-failed').at(-1);
  const skipped = entriesOf(own, 'step-skipped').at(-1);
  const [first, last] = [starts[0] ?? succeeded, succeeded ?? failed];
  const undone =
    undo !== undefined && succeeded !== undefined && undo.last.seq > succeeded.seq ? undo : undefined;
  const helped = prompts.some(
    (prompt) =>
      (prompt.kind === 'failure' && ['retry', 'by-hand'].includes(optionOf(prompt))) ||
      (prompt.kind === 'resume' && ['again', 'done'].includes(optionOf(prompt))),
  );
  return {
    id: step.id,
    title: step.title,
    phase: phase.id,
    form: step.form,
    action: actionOf(step),
    role: step.role ?? null,
    destroys: step.form === 'uses' && step.destroys,
    targetMs: step.targetMs ?? null,
    result: undone === undefined ? resultOf(planned, own) : undone.complete ? 'undone' : 'unknown-outcome',
    how: succeeded?.data.how ?? null,
    attempts: Math.max(0, ...starts.map((entry) => entry.data.attempt)),
    manualHelp: helped || succeeded?.data.how === 'by-hand',
    scripted: prompts.some((prompt) => prompt.answeredBy === 'scripted'),
    startedAt: first?.at ?? null,
    durationMs: first && last ? Math.round(axis.moment(last).ms - axis.moment(first).ms) : null,
    describe: starts.at(-1)?.data.describe ?? null,
    outputs: succeeded?.data.outputs ?? {},
    saved: succeeded?.data.saved ?? {},
    checks: entriesOf(own, 'check-evaluated').map((entry) => ({
      purpose: entry.data.purpose,
      check: entry.data.check,
      seq: entry.seq,
    })),
    reason:
      (undone && reasonOf(undone)) ??
      skipped?.data.reason ??
      (succeeded ? null : (failed?.data.failure.message ?? null)),
    answeredBy: prompts.flatMap((prompt) => (prompt.answerer ? [prompt.answerer] : [])),
    evidence: own.flatMap((entry) =>
      entry.type === 'step-succeeded' || entry.type === 'step-failed' || entry.type === 'message-sent'
        ? entry.data.evidence
        : entry.type === 'check-evaluated'
          ? (entry.data.check.evidence ?? [])
          : [],
    ),
    seqs: own.map((entry) => entry.seq),
  };
}

function reasonOf({ complete, reason }: UndoFact): string {
  return complete ? reason : `its undo was begun and not completed: ${reason}`;
}

function actionOf(step: PlannedStep['step']): string | null {
  if (step.form === 'uses') return step.call.uses;
  return step.form === 'wait' && step.until.kind === 'check' ? step.until.call.uses : null;
}

function optionOf(prompt: PromptFact): string {
  const option = prompt.answer?.['option'];
  return typeof option === 'string' ? option : '';
}

function resultOf({ optional }: PlannedStep, own: readonly Entry[]): StepResult {
  const decisive = own.findLast((entry) =>
    [
      'step-succeeded',
      'step-failed',
      'step-given-up',
      'step-skipped',
      'step-started',
      'step-outcome-unknown',
    ].includes(entry.type),
  );
  switch (decisive?.type) {
    case undefined:
      return optional ? 'not-due' : 'not-reached';
    case 'step-succeeded':
      return 'succeeded';
    case 'step-skipped':
      if (decisive.data.cause === 'person') return 'skipped-by-person';
      return decisive.data.cause === 'run-stopped' ? 'stopped' : 'not-due';
    case 'step-outcome-unknown':
      return 'unknown-outcome';
    case 'step-started':
      return 'not-finished';
    default:
      return 'failed';
  }
}

function stepNamed(entry: Entry): string | null {
  return 'step' in entry.data ? entry.data.step : null;
}
