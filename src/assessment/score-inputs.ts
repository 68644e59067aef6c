import type { CategoryKey } from '../language/index.js';
import type { Provenance } from './measured.js';

/** What every input of the score carries besides its value. */
export interface Origin {
  readonly provenance: Provenance | 'not-measured';
  /** Who vouches for an attested input. */
  readonly attestedBy?: 'participant' | 'observer';
  /** Sequence numbers of journal entries. */
  readonly evidence: readonly number[];
  readonly note: string;
}

export interface TimedInput extends Origin {
  readonly valueMs: number | null;
}
export interface CheckInput extends Origin {
  readonly id: string;
  readonly verdict: 'pass' | 'fail' | 'not-run';
  readonly critical: boolean;
  readonly weight: number;
}
export interface StepInput extends Origin {
  readonly id: string;
  readonly succeeded: boolean;
  readonly manualHelp: boolean;
}
export interface PhaseInput extends Origin {
  readonly id: string;
  readonly targetMs: number;
  /** Null: never entered, or without an end. */
  readonly actualMs: number | null;
  /** Entered, but start or end was not written by the engine. */
  readonly unbounded: boolean;
}
export interface MessageInput extends Origin {
  readonly id: string;
  /** Null: no deadline was set. */
  readonly deadlineMs: number | null;
  readonly sent: boolean;
  /** From the point the deadline counts from to the sending; null when it cannot be told. */
  readonly actualMs: number | null;
  readonly unfilled: number;
}
export interface RequirementInput extends Origin {
  readonly id: string;
  readonly title: string;
  readonly state: 'met' | 'not-met' | 'not-applicable';
  /** Who decided that it does not apply; required for `not-applicable`. */
  readonly approver?: string;
}

/** What the caps are decided from; each names what it rests on. */
export interface Conditions {
  readonly executed: Origin & { readonly holds: boolean };
  readonly serviceVerified: Origin & { readonly holds: boolean };
  readonly clockExplained: Origin & { readonly holds: boolean };
  readonly targetsApproved: Origin & { readonly holds: boolean };
  readonly privacyKept: Origin & { readonly holds: boolean };
  readonly evidenceClean: Origin & { readonly holds: boolean };
  readonly independent: Origin & { readonly holds: boolean };
  readonly noHighFinding: Origin & { readonly holds: boolean };
}

/** Everything the score is a function of. */
export interface ScoreInputs {
  readonly rubric: {
    readonly id: string;
    readonly title: string;
    readonly version: string;
    readonly categories: readonly {
      readonly key: CategoryKey;
      readonly title: string;
      readonly weight: number;
    }[];
    readonly caps: readonly string[];
  };
  readonly unattended: boolean;
  readonly rtoMs: number;
  readonly rpoMs: number;
  readonly rta: TimedInput;
  readonly rpa: TimedInput;
  readonly checks: readonly CheckInput[];
  readonly automaticSteps: readonly StepInput[];
  readonly deviations: Origin & { readonly count: number };
  readonly phases: readonly PhaseInput[];
  /** From the first response phase's start to the last one's end. */
  readonly responseElapsedMs: number | null;
  readonly messages: readonly MessageInput[];
  readonly controls: readonly RequirementInput[];
  readonly governance: readonly RequirementInput[];
  readonly conditions: Conditions;
}
