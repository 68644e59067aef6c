/** Where a figure comes from. `planned` never stands in an actual field; a figure without a value has `not-measured`. */
export type Provenance = 'measured' | 'imported' | 'attested' | 'scripted' | 'planned';

/** One figure and what it rests on. */
export interface Measured<T> {
  /** Null: not measured; then `note` says why. */
  readonly value: T | null;
  readonly provenance: Provenance | 'not-measured';
  /** Sequence numbers of the journal entries that it rests on. */
  readonly evidence: readonly number[];
  /** How it was obtained, or why it was not. */
  readonly note: string;
}

export function measured<T>(value: T, evidence: readonly number[], note: string): Measured<T> {
  return { value, provenance: 'measured', evidence, note };
}

export function notMeasured<T = never>(why: string, evidence: readonly number[] = []): Measured<T> {
  return { value: null, provenance: 'not-measured', evidence, note: why };
}

/** The weakest of several provenances: a figure is no better than the worst thing it rests on. */
export function weakest(...all: readonly Measured<unknown>['provenance'][]): Measured<unknown>['provenance'] {
  const order = ['not-measured', 'planned', 'scripted', 'attested', 'imported', 'measured'] as const;
  return order.find((one) => all.includes(one)) ?? 'not-measured';
}
