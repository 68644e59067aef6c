import { formulaVersion, roundHalfUp } from '../formulas.js';
import { automationCategory } from './automation-category.js';
import { conditionsOf, type ReadyCondition } from './conditions.js';
import { documentationCategory } from './documentation-category.js';
import { judgeRun, type Judged } from './judge-run.js';
import { objectivesCategory } from './objectives-category.js';
import {
  withoutRunbook,
  type Approval,
  type ReadinessInputs,
  type ReadinessKey,
  type ReadinessWorking,
} from './readiness-inputs.js';
import { scriptsCategory } from './scripts-category.js';
import { securityCategory } from './security-category.js';

/** Percent of the total; the five sum to 100. */
export const readinessWeights: { readonly [key in ReadinessKey]: number } = {
  scripts: 25,
  documentation: 15,
  objectives: 25,
  automation: 20,
  security: 15,
};

export interface ReadinessCategory extends Omit<ReadinessWorking, 'points'> {
  readonly weight: number;
  /** 0..100, one decimal: with these the total is computed, so that a reader can do it again. */
  readonly points: number;
}

/** A figure that never stands without its formula. */
export interface Total {
  readonly formula: string;
  readonly value: number;
}

export interface Readiness {
  readonly formulaVersion: string;
  readonly programme: string;
  readonly at: string;
  readonly categories: readonly ReadinessCategory[];
  readonly total: Total;
  /** Of the five, as if they weighed the same. */
  readonly unweightedMean: Total;
  readonly ready: boolean;
  readonly conditions: readonly ReadyCondition[];
  /** Null: nobody approved. */
  readonly approval: Approval | null;
  /** Inputs without evidence: each counted 0. */
  readonly notMeasured: readonly {
    readonly category: ReadinessKey;
    readonly id: string;
    readonly why: string;
  }[];
  readonly countedRuns: readonly { readonly run: string; readonly why: string }[];
  readonly notCounted: readonly { readonly record: string; readonly why: string }[];
  /** Of the six, those that the programme has no runbook for. */
  readonly withoutRunbook: readonly string[];
  /** What no figure here shows. */
  readonly notProven: readonly string[];
}

/** The programme’s readiness: a pure function of sealed runs, manifests, documents and observations of jobs. */
export function readinessOf(inputs: ReadinessInputs): Readiness {
  const known = new Set(inputs.scenarios.map((one) => one.id));
  const judged = inputs.runs.map((run): Judged => {
    const one = judgeRun(run, inputs);
    return known.has(run.scenario)
      ? one
      : { ...one, counts: false, why: 'the programme has no such runbook' };
  });
  const categories = [
    scriptsCategory(inputs, judged),
    documentationCategory(inputs, judged),
    objectivesCategory(inputs, judged),
    automationCategory(inputs, judged),
    securityCategory(judged),
  ].map((one) => ({ ...one, weight: readinessWeights[one.key], points: roundHalfUp(one.points) }));
  const conditions = conditionsOf(inputs, judged);
  return {
    formulaVersion,
    ...{ programme: inputs.programme, at: inputs.at },
    categories,
    total: totalOf(categories),
    unweightedMean: meanOf(categories),
    ready: conditions.every((one) => one.holds),
    conditions,
    approval: inputs.approval,
    notMeasured: categories.flatMap(({ key, inputs: lines }) =>
      lines.filter((one) => !one.measured).map(({ id, value }) => ({ category: key, id, why: value })),
    ),
    countedRuns: judged.filter((one) => one.counts).map(({ run, why }) => ({ run: run.runId, why })),
    notCounted: [
      ...judged.filter((one) => !one.counts).map(({ run, why }) => ({ record: run.runId, why })),
      ...inputs.rejected.map(({ record, why }) => ({ record, why })),
    ],
    withoutRunbook: withoutRunbook(inputs.scenarios),
    notProven: [
      ...(inputs.signersTrusted
        ? []
        : ['who sealed the records: nobody said whose keys count (--trust <file>)']),
      'what jobs did elsewhere: this machine observed its own alone, unsigned, and a store shows only backups that succeeded',
      'that the environments whose backups count are production: firedrill.yaml says so',
    ],
  };
}

type Weighed = Pick<ReadinessCategory, 'weight' | 'points'>;

/** Σ weight · category / 100, one decimal. */
export function totalOf(categories: readonly Weighed[]): Total {
  const exact = categories.reduce((sum, one) => sum + one.weight * one.points, 0) / 100;
  const parts = categories.map((one) => `${(one.weight / 100).toFixed(2)} · ${one.points.toFixed(1)}`);
  return { formula: parts.join(' + '), value: roundHalfUp(exact) };
}

export function meanOf(categories: readonly Weighed[]): Total {
  const exact = categories.reduce((sum, one) => sum + one.points, 0) / categories.length;
  const parts = categories.map((one) => one.points.toFixed(1));
  return { formula: `(${parts.join(' + ')}) / ${categories.length}`, value: roundHalfUp(exact) };
}
