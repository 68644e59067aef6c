import type { FailureData, JsonObject } from '../base/index.js';
import type { ClockPoint, Stage } from '../language/index.js';
import type { Actor, CheckRecord, EvidenceRef, PromptKind, RunOutcome, Verdict } from './facts.js';

/** When something was: wall clock, monotonic clock and session, so that durations know what they span. */
export interface Instant {
  readonly at: string;
  readonly mono: number;
  readonly session: string;
  readonly seq: number;
}

export type StepStatus =
  | 'pending'
  /** An action, a check or a wait is under way in this session. */
  | 'running'
  /** A person is asked: form, choice, task, approval, confirmation, failure or resume. */
  | 'waiting'
  /** Failed, will be tried again after `retry.backoff`. */
  | 'backing-off'
  | 'unknown-outcome'
  | 'succeeded'
  | 'failed'
  | 'skipped';

export interface StepState {
  readonly id: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly how: 'performed' | 'already-done' | 'by-hand' | 'answered' | 'waited' | null;
  readonly outputs: JsonObject;
  readonly saved: JsonObject;
  readonly checks: readonly {
    readonly purpose: string;
    readonly attempt: number;
    readonly check: CheckRecord;
  }[];
  readonly failure: FailureData | null;
  readonly evidence: readonly EvidenceRef[];
  /** A person approved (or broke the glass for) the coming attempt. */
  readonly approvedBy: Actor | null;
  readonly confirmed: boolean;
  readonly undone: boolean;
  /** A person had to retry, edit or do by hand. */
  readonly manualHelp: boolean;
  readonly chosen: string | null;
}

export interface PhaseState {
  readonly id: string;
  readonly stage: Stage;
  readonly status: 'pending' | 'active' | 'completed' | 'failed' | 'cancelled';
  readonly enteredAt: Instant | null;
  readonly leftAt: Instant | null;
}

export interface PromptState {
  readonly id: string;
  readonly kind: PromptKind;
  readonly step: string | null;
  readonly role: string | null;
  readonly text: string;
  readonly options: readonly string[];
  readonly suggest: string | null;
  readonly openedAt: Instant;
  readonly timeoutMs: number | null;
  readonly overdue: 'remind' | 'escalate' | 'fail' | null;
  readonly answer: JsonObject | null;
  readonly answeredBy: Actor | null;
  readonly closed: boolean;
}

export interface FaultState {
  readonly id: string;
  readonly status: 'planned' | 'started' | 'injected' | 'failed';
  readonly at: Instant | null;
}

export interface MarkState extends Instant {
  /** The time of the point, which may have been measured elsewhere. */
  readonly pointAt: string;
  readonly by: 'engine' | 'sentinel' | 'person' | 'scripted';
}

/** What a run is now: the fold of its journal and nothing else. Plain data, safe to hand to a screen. */
export interface RunState {
  readonly runId: string | null;
  readonly seq: number;
  /** SHA-256 of the last line; its first twelve digits are the short code. */
  readonly head: string;
  readonly openedAt: Instant | null;
  readonly session: string | null;
  readonly sessions: number;
  readonly status: 'new' | 'open' | 'stopping' | 'ended' | 'sealed';
  readonly people: { readonly [role: string]: { readonly name: string } };
  readonly environment: {
    readonly opened: boolean;
    readonly closed: boolean;
    readonly values: JsonObject;
    readonly fingerprint: JsonObject;
    readonly notExercised: readonly string[];
    readonly observer: { readonly resolutionMs: number } | null;
  };
  readonly observed: {
    readonly write: 'ok' | 'failing' | null;
    readonly read: 'ok' | 'failing' | null;
    readonly application: 'ok' | 'failing' | null;
  };
  readonly faults: { readonly [id: string]: FaultState };
  readonly detection: { readonly evaluated: boolean; readonly anySeen: boolean; readonly goOn: boolean };
  readonly marks: { readonly [point in ClockPoint]?: MarkState };
  readonly phases: { readonly [id: string]: PhaseState };
  readonly steps: { readonly [id: string]: StepState };
  readonly prompts: { readonly [id: string]: PromptState };
  readonly acceptance: {
    readonly round: number;
    /** End of the first round of the green window now open, if one is. */
    readonly greenSince: Instant | null;
    readonly last: readonly { readonly id: string; readonly critical: boolean; readonly verdict: string }[];
  };
  readonly loss: { readonly acknowledged: number; readonly missing: number } | null;
  readonly deviations: readonly {
    readonly kind: string;
    readonly step: string | null;
    readonly reason: string;
  }[];
  readonly messages: readonly { readonly step: string; readonly message: string; readonly at: Instant }[];
  readonly obligations: { readonly [id: string]: { readonly text: string; readonly open: boolean } };
  readonly undo: {
    readonly requested: readonly string[];
    readonly done: readonly string[];
    readonly running: string | null;
  };
  readonly held: boolean;
  readonly stop: { readonly reason: string; readonly how: 'person' | 'signal' | 'failure' } | null;
  readonly ended: { readonly status: RunOutcome; readonly verdict: Verdict; readonly because: string } | null;
}
