import { formatDuration, isJsonObject, type JsonObject } from '../../base/index.js';
import { assess } from '../assess.js';
import { exactly } from '../categories.js';
import { firstOf } from '../entries.js';
import type { LossFact } from '../loss.js';
import type { RunRecord } from '../record.js';
import type { RequirementInput, ScoreInputs } from '../score-inputs.js';
import { scoreFromInputs, type Score } from '../score.js';
import type { StepFact } from '../steps.js';

/** On whose data a run ran. Bytes are those of the whole cluster. */
export type RunData =
  | {
      readonly kind: 'own';
      readonly environment: string;
      readonly set: string;
      readonly bytes: number;
      /** Of the newest backup of that environment when the run began; null: the record is older than this figure. */
      readonly productionBytes: number | null;
    }
  | { readonly kind: 'live'; readonly environment: string }
  | { readonly kind: 'sample' }
  /** The environment was never opened. */
  | { readonly kind: 'none' };

/** A step that restored a backup, as an execution of its own. */
export interface RestoreFact {
  readonly step: string;
  readonly succeeded: boolean;
  readonly at: string;
  readonly evidence: readonly number[];
}

/** All that readiness takes from one run; every part is computed from the record, none is read out of its report. */
export interface ReadinessRun {
  readonly runId: string;
  /** Id of the runbook. */
  readonly scenario: string;
  readonly mode: 'drill' | 'live';
  readonly unattended: boolean;
  /** Of its last entry (UTC). */
  readonly at: string;
  readonly data: RunData;
  /** Category R; null points: the recovery time was not measured. */
  readonly recovery: {
    readonly points: number | null;
    readonly note: string;
    readonly attested: boolean;
    readonly evidence: readonly number[];
  };
  readonly score: number | null;
  readonly band: string;
  /** A disaster really happened: no walk-through. */
  readonly executed: boolean;
  readonly completed: boolean;
  /** The drill broke the recovery itself on purpose. */
  readonly sabotaged: boolean;
  readonly highFindings: readonly {
    readonly id: string;
    readonly text: string;
    readonly evidence: readonly number[];
  }[];
  readonly deviations: readonly { readonly text: string; readonly seq: number }[];
  readonly controls: readonly RequirementInput[];
  readonly automaticSteps: readonly {
    readonly id: string;
    readonly alone: boolean;
    readonly evidence: readonly number[];
  }[];
  readonly restores: readonly RestoreFact[];
  /** Everybody who is named in it, its observer and the account that ran it included. */
  readonly people: readonly string[];
}

const restoring = ['postgres.restore', 'postgres.restore-database'];

/**
 * What readiness needs of a record that was audited before. All runs are rated by one rubric, whichever their drills chose: who leaves
 * out a cap or weighs to taste is not more ready.
 */
export function readinessRunOf(record: RunRecord, rubric: ScoreInputs['rubric']): ReadinessRun {
  const { plan, entries } = record;
  const assessment = assess(record);
  const { measures, inputs, outcome } = assessment;
  const score = scoreFromInputs({ ...inputs, rubric });
  return {
    runId: assessment.runId,
    scenario: plan.runbook.id,
    mode: plan.mode,
    unattended: plan.unattended,
    at: entries.at(-1)?.at ?? '',
    data: dataOf(record),
    recovery: recoveryOf(inputs, score, measures.loss),
    ...{ score: score.final, band: score.band },
    executed: inputs.conditions.executed.holds,
    completed: outcome.status === 'completed',
    sabotaged: measures.faults.some((fault) => fault.sabotage) || plan.answers.absent !== undefined,
    highFindings: assessment.findings
      .filter((one) => one.class === 'high')
      .map(({ id, text, evidence }) => ({ id, text, evidence })),
    deviations: measures.deviations
      .filter((one) => one.counts)
      .map(({ kind, step, reason, seq }) => ({
        text: `${kind}${step === null ? '' : ` of ${step}`}: ${reason}`,
        seq,
      })),
    controls: inputs.controls,
    automaticSteps: inputs.automaticSteps.map(({ id, succeeded, manualHelp, evidence }) => ({
      ...{ id, alone: succeeded && !manualHelp, evidence },
    })),
    restores: restoresOf(measures.steps),
    people: peopleOf(record),
  };
}

/** As the engine recorded it when the environment was opened; a plan says only what was intended. */
function dataOf({ plan, entries }: RunRecord): RunData {
  const opened = firstOf(entries, 'environment-opened');
  if (opened === undefined) return { kind: 'none' };
  if (opened.data.kind !== 'lab') return { kind: 'live', environment: plan.environment.name };
  const seed: unknown = opened.data.values['seed'];
  if (!isJsonObject(seed)) return { kind: 'sample' };
  return {
    kind: 'own',
    environment: textOf(seed, 'environment'),
    set: textOf(seed, 'set'),
    bytes: bytesOf(seed, 'bytes') ?? 0,
    productionBytes: bytesOf(seed, 'productionBytes'),
  };
}

function textOf(seed: JsonObject, name: string): string {
  const value = seed[name];
  return typeof value === 'string' ? value : 'not recorded';
}

function bytesOf(seed: JsonObject, name: string): number | null {
  const value = seed[name];
  return typeof value === 'number' && value > 0 ? value : null;
}

function recoveryOf(inputs: ScoreInputs, score: Score, loss: LossFact): ReadinessRun['recovery'] {
  const { rta, rpa } = inputs;
  const category = score.categories.find((one) => one.key === 'R');
  const evidence = [...new Set([...rta.evidence, ...rpa.evidence])].sort((a, b) => a - b);
  const attested = rta.provenance === 'attested' || rpa.provenance === 'attested';
  // Half of an R without a recovery is no recovery.
  if (rta.valueMs === null)
    return { points: null, note: `the recovery time was not measured: ${rta.note}`, attested, evidence };
  return { points: category?.points ?? null, note: figuresOf(inputs, loss), attested, evidence };
}

/** A loss is a count with its resolution, never a bare zero. */
function figuresOf({ rta, rtoMs, rpa, rpoMs }: ScoreInputs, loss: LossFact): string {
  const lost =
    rpa.valueMs === null || loss.acknowledged === null
      ? `data loss not measured: ${rpa.note}`
      : `${loss.missing.length} of ${loss.acknowledged} acknowledged commits lost${
          loss.missing.length === 0 ? '' : ` over ${exactly(rpa.valueMs)}`
        }${
          loss.resolutionMs === null ? '' : `, resolution ${loss.resolutionMs} ms`
        }, objective ${formatDuration(rpoMs)}`;
  return `recovered in ${exactly(rta.valueMs ?? 0)}, objective ${formatDuration(rtoMs)}; ${lost}`;
}

/** Begun and come to a result by the engine's own hand; what was taken back later did happen. */
function restoresOf(steps: readonly StepFact[]): RestoreFact[] {
  return steps.flatMap((step) => {
    if (step.action === null || !restoring.includes(step.action) || step.startedAt === null) return [];
    if (step.how === 'by-hand' || step.how === 'already-done') return [];
    const succeeded = step.result === 'succeeded' || step.result === 'undone';
    return [{ step: step.id, succeeded, at: step.startedAt, evidence: step.seqs }];
  });
}

function peopleOf({ plan, entries }: RunRecord): string[] {
  const names = [
    ...Object.values(plan.people).map((one) => one.name),
    ...(plan.observer === undefined ? [] : [plan.observer.name]),
    ...entries.flatMap((entry) => {
      if (entry.type === 'roles-bound') return Object.values(entry.data.people).map((one) => one.name);
      if (entry.type === 'run-opened') return [entry.data.host.user];
      return entry.actor.kind === 'person' ? [entry.actor.name] : [];
    }),
  ];
  return [...new Set(names)].sort();
}
