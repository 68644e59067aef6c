/** Version of every formula in this folder; frozen into the plan, so that an old run is never rated by new arithmetic unseen. */
export const formulaVersion = '1';

/**
 * Points for an objective, 0..100, from `ratio` = actual / target: 100 up to 0.75, then linear to 90 at 1; just above 1 it falls
 * to 59 and on to 0 at `zeroAt`.
 */
export function objectivePoints(ratio: number, zeroAt: number): number {
  if (ratio <= 0.75) return 100;
  if (ratio <= 1) return 100 - ((ratio - 0.75) / 0.25) * 10;
  if (ratio < zeroAt) return (59 * (zeroAt - ratio)) / (zeroAt - 1);
  return 0;
}

/** `objectivePoints` of an actual against a target; a target of 0 gives 100 for an actual of 0 and 0 for any other. */
export function targetPoints(actual: number, target: number, zeroAt: number): number {
  if (target === 0) return actual === 0 ? 100 : 0;
  return objectivePoints(actual / target, zeroAt);
}

/** Points for a phase, 0..100, from actual / target: 100 up to 1, linear to 0 at 2. */
export function pacePoints(ratio: number): number {
  return Math.min(100, Math.max(0, 100 * (2 - ratio)));
}

/** Half up to one decimal; the tiny summand undoes the binary error of figures such as 94.25. */
export function roundHalfUp(value: number): number {
  return Math.floor(value * 10 + 0.5 + 1e-9) / 10;
}

/** Share of `met` among `all`, 0..100; nothing at all is 0, because not run is not passed. */
export function percentage(met: number, all: number): number {
  return all === 0 ? 0 : (100 * met) / all;
}

/** HSEEP bands: performed without challenges, with some, with major challenges, unable to be performed. */
export type Band = 'P' | 'S' | 'M' | 'U';

export function bandOf(score: number): Band {
  if (score >= 80) return 'P';
  if (score >= 66) return 'S';
  return score >= 50 ? 'M' : 'U';
}
