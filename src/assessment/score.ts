import type { CategoryKey } from '../language/index.js';
import { capsOf, type Cap } from './caps.js';
import {
  communicationPoints,
  pacePointsOf,
  procedurePoints,
  recoveryPoints,
  requirementPoints,
  verificationPoints,
  type CategoryWorking,
  type InputLine,
} from './categories.js';
import { bandOf, formulaVersion, roundHalfUp, targetPoints, type Band } from './formulas.js';
import type { ScoreInputs } from './score-inputs.js';

export interface CategoryScore extends CategoryWorking {
  readonly title: string;
  /** The rubric's weight, and the weight after those of categories that do not apply were shared out. */
  readonly weight: number;
  readonly effectiveWeight: number;
  /** Rounded to one decimal for print; null: not applicable. */
  readonly printed: number | null;
  /** 79 or 89 where a participant or the observer attested an input. */
  readonly attestedLimit: number | null;
}

export interface ObjectiveRating {
  readonly id: 'recovery-time' | 'data-loss';
  readonly targetMs: number;
  readonly actualMs: number | null;
  readonly met: boolean | null;
  readonly points: number;
  readonly band: Band | 'NOT RATED';
}

export interface Score {
  readonly formulaVersion: string;
  readonly rubric: ScoreInputs['rubric'];
  readonly categories: readonly CategoryScore[];
  /** Weighted sum, one decimal; null when there is no score at all (CF-03). */
  readonly raw: number | null;
  readonly caps: readonly Cap[];
  /** min(raw, caps), one decimal; null: not rated. */
  readonly final: number | null;
  readonly band: Band | 'NOT RATED';
  readonly objectives: readonly ObjectiveRating[];
  /** Inputs that were not measured and so counted 0. */
  readonly notMeasured: readonly {
    readonly category: CategoryKey;
    readonly id: string;
    readonly why: string;
  }[];
  /** What no single record can decide. */
  readonly undecided: readonly string[];
}

const workings: { readonly [key in CategoryKey]: (inputs: ScoreInputs) => CategoryWorking } = {
  R: recoveryPoints,
  V: verificationPoints,
  X: procedurePoints,
  P: pacePointsOf,
  C: communicationPoints,
  S: (inputs) => requirementPoints('S', '% of applicable controls met', inputs.controls),
  E: (inputs) =>
    requirementPoints(
      'E',
      '% met: inputs measured, roles separate, observer’s log, sign-offs, actions owned and dated, clock in step',
      inputs.governance,
    ),
};

/** The drill score: a pure function of its inputs, see `ScoreInputs`. Golden cases are in the tests. */
export function scoreFromInputs(inputs: ScoreInputs): Score {
  const worked = inputs.rubric.categories.map((category) => {
    const working = workings[category.key](inputs);
    const attestedLimit = attestedLimitOf(working.inputs);
    const points =
      working.points === null || attestedLimit === null
        ? working.points
        : Math.min(working.points, attestedLimit);
    return { ...category, ...working, points, attestedLimit };
  });
  const applicable = worked.reduce((sum, one) => sum + (one.points === null ? 0 : one.weight), 0);
  const categories = worked.map((one) => ({
    ...one,
    effectiveWeight: one.points === null || applicable === 0 ? 0 : (100 * one.weight) / applicable,
    printed: one.points === null ? null : roundHalfUp(one.points),
  }));
  const caps = capsOf(inputs);
  const exact = categories.reduce((sum, one) => sum + (one.effectiveWeight * (one.points ?? 0)) / 100, 0);
  const raw = caps.some((cap) => cap.id === 'CF-03') ? null : roundHalfUp(exact);
  const rated = raw !== null && caps.every((cap) => cap.limit !== null);
  const final = rated ? Math.min(raw, ...caps.map((cap) => cap.limit ?? raw)) : null;
  return {
    formulaVersion,
    rubric: inputs.rubric,
    categories,
    raw,
    caps,
    final,
    band: final === null ? 'NOT RATED' : bandOf(final),
    objectives: raw === null ? [] : objectivesOf(inputs, rated),
    notMeasured: categories.flatMap((category) =>
      category.inputs
        .filter((input) => input.provenance === 'not-measured')
        .map((input) => ({ category: category.key, id: input.id, why: input.note })),
    ),
    undecided: [
      'CF-01 (chain, seal, report follows from journal) and CF-12 (signed) are verdicts of `firedrill audit`',
      'CF-09 is decided by the scan for secrets before the seal: a finding stops the seal, so only a record without one draws it',
      'CF-11 is decided from the findings of this run; repeated findings and overdue actions are in no single record',
    ],
  };
}

/** The caps that set the final score: the lowest limits, or every one that forbids a rating. */
export function bindingCaps(score: Score): readonly Cap[] {
  const forbidding = score.caps.filter((cap) => cap.limit === null);
  if (forbidding.length > 0) return forbidding;
  return score.caps.filter((cap) => cap.limit === score.final && (score.raw ?? 0) >= (cap.limit ?? 0));
}

function attestedLimitOf(inputs: readonly InputLine[]): number | null {
  const attested = inputs.filter((input) => input.provenance === 'attested');
  if (attested.length === 0) return null;
  return attested.every((input) => input.attestedBy === 'observer') ? 89 : 79;
}

function objectivesOf(inputs: ScoreInputs, rated: boolean): ObjectiveRating[] {
  const one = (
    id: ObjectiveRating['id'],
    actualMs: number | null,
    targetMs: number,
    zeroAt: number,
  ): ObjectiveRating => {
    const points = actualMs === null ? 0 : targetPoints(actualMs, targetMs, zeroAt);
    return {
      id,
      targetMs,
      actualMs,
      met: actualMs === null ? null : actualMs <= targetMs,
      points: roundHalfUp(points),
      band: actualMs === null || !rated ? 'NOT RATED' : bandOf(points),
    };
  };
  return [
    one('recovery-time', inputs.rta.valueMs, inputs.rtoMs, 1.5),
    one('data-loss', inputs.rpa.valueMs, inputs.rpoMs, 2),
  ];
}
