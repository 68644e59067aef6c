import type { JsonObject } from '../../base/index.js';
import type { Lab } from '../lab.js';

/** What one injection did, and the evidence that it took effect. */
export interface InjectedFault {
  /**
   * What detection and recovery are compared with later; kept from those who recover. `foundAs: {action, output, values}` says where a
   * step that finds the truth would show it.
   */
  readonly groundTruth: JsonObject;
  /** The first read that failed, not the write that caused it; its `at` starts the recovery clock. */
  readonly proof: JsonObject;
  /** No client sees anything fail: the drill does not wait for the sentinel, and looks at the runbook's signs at once. */
  readonly silent?: boolean;
}

export interface FaultRequest {
  /** The fault's id in the drill: injecting again under the same id does nothing twice. */
  readonly id: string;
  /** Validated against `with`. */
  readonly args: JsonObject;
  readonly signal: AbortSignal;
}

/** A disaster the lab can bring about. The first four members are what a drill file sees of it. */
export interface LabFault {
  readonly name: string;
  /** What the lab must have for it, besides a cluster. */
  readonly needs?: 'immutable-store';
  /** JSON Schema (draft 2020-12) of `with`. */
  readonly with: JsonObject;
  describe(args: JsonObject): string;
  preview(args: JsonObject): readonly string[];
  inject(lab: Lab, request: FaultRequest): Promise<InjectedFault>;
}
