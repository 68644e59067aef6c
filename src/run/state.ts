import type { FailureData, JsonObject } from '../base/index.js';
import type { ClockPoint, Stage } from '../language/index.js';
import type {
  Actor,
  CheckPurpose,
  CheckRecord,
  EvidenceRef,
  PromptKind,
  Protection,
  RunOutcome,
  Verdict,
} from './facts.js';

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
    readonly purpose: CheckPurpose;
    readonly attempt: number;
    readonly check: CheckRecord;
    readonly at: Instant;
  }[];
  readonly failure: FailureData | null;
  readonly evidence: readonly EvidenceRef[];
  /** A person approved (or broke the glass for) the coming attempt. */
  readonly approvedBy: Actor | null;
  readonly confirmed: boolean;
  /** Why four eyes were passed by; null when they were not. */
  readonly brokeGlass: string | null;
  readonly undone: boolean;
  /** A person had to retry, edit or do by hand. */
  readonly manualHelp: boolean;
  readonly chosen: string | null;
  /** When the last attempt failed; null once somebody chose to try again. */
  readonly failedAt: Instant | null;
  /** Failed for good, and the run goes on without it. */
  readonly goesOn: boolean;
  /** Since when it is on record that nobody knows whether the step took effect. */
  readonly unknownSince: Instant | null;
  readonly skipped: { readonly cause: string; readonly reason: string; readonly by: Actor } | null;
  /** How many prompts were opened for it, and the id of the last. */
  readonly promptCount: number;
  readonly lastPrompt: string | null;
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
  readonly reason: string | null;
  readonly answeredBy: Actor | null;
  readonly answeredAt: Instant | null;
  /** Why it was taken back; null unless it was. */
  readonly withdrawn: string | null;
  readonly closed: boolean;
}

export interface FaultState {
  readonly id: string;
  readonly status: 'planned' | 'started' | 'injected' | 'failed';
  readonly at: Instant | null;
  readonly sabotage: boolean;
  readonly startedAt: Instant | null;
  /** When the damage was done, as the lab says; else the time of the entry. */
  readonly damagedAt: string | null;
  /** Only the signs can find it: nobody waits for the sentinel to see it. */
  readonly silent: boolean;
  /** What protected the data right before it; null where nobody measured it. */
  readonly protection: Protection | null;
  /** Why it could not be injected; null while it could. */
  readonly failure: string | null;
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
  /** `--started-at` of a live run: when people say the disruption began. */
  readonly attestedStart: string | null;
  readonly rolesBound: boolean;
  readonly people: { readonly [role: string]: { readonly name: string } };
  readonly environment: {
    readonly opened: boolean;
    readonly closed: boolean;
    readonly values: JsonObject;
    readonly fingerprint: JsonObject;
    readonly notExercised: readonly string[];
    readonly observer: { readonly resolutionMs: number } | null;
    /** The session that opened it, and the one that started the observer or found that there is none. */
    readonly session: string | null;
    readonly observerSession: string | null;
    /** When environment and observer were ready for the first time. */
    readonly readyAt: Instant | null;
    readonly leftovers: readonly string[];
  };
  readonly observed: {
    readonly write: 'ok' | 'failing' | null;
    readonly read: 'ok' | 'failing' | null;
    readonly application: 'ok' | 'failing' | null;
    /** Where the failure that lasts began, by the sentinel's clock; null while all is well. */
    readonly failingSince: { readonly what: string; readonly sentinelAt: string } | null;
  };
  /** A phase has ended and the ledger's head is not on record yet. */
  readonly anchorDue: boolean;
  readonly faults: { readonly [id: string]: FaultState };
  readonly detection: {
    readonly evaluated: boolean;
    readonly evaluatedAt: Instant | null;
    readonly anySeen: boolean;
    /** Neither a sign nor the sentinel had shown anything wrong when the signs were evaluated. */
    readonly nothing: boolean;
    /** A person decided to go on although nothing was found. */
    readonly goOn: boolean;
  };
  readonly marks: { readonly [point in ClockPoint]?: MarkState };
  readonly phases: { readonly [id: string]: PhaseState };
  readonly steps: { readonly [id: string]: StepState };
  readonly prompts: { readonly [id: string]: PromptState };
  readonly acceptance: {
    readonly round: number;
    /** End of the first round of the green window now open, if one is. */
    readonly greenSince: Instant | null;
    readonly lastRoundAt: Instant | null;
    readonly last: readonly { readonly id: string; readonly critical: boolean; readonly verdict: string }[];
  };
  readonly loss: {
    readonly acknowledged: number;
    readonly missing: number;
    readonly windowMs: number;
  } | null;
  /** The last try to list the survivors, whether it gave a list or not. */
  readonly survivorsAt: Instant | null;
  readonly deviations: readonly {
    readonly kind: string;
    readonly step: string | null;
    readonly reason: string;
  }[];
  readonly messages: readonly { readonly step: string; readonly message: string; readonly at: Instant }[];
  /** What must still be done after this run. */
  readonly obligations: { readonly [id: string]: { readonly text: string } };
  readonly undo: {
    readonly requested: readonly string[];
    readonly done: readonly string[];
    readonly running: string | null;
  };
  readonly held: boolean;
  readonly stop: {
    readonly reason: string;
    readonly how: 'person' | 'signal' | 'failure';
    /** The session of the latest request; the reason and the way stay those of the first. */
    readonly session: string;
    /** The session of the latest request because of a failure. */
    readonly failedIn: string | null;
  } | null;
  readonly ended: { readonly status: RunOutcome; readonly verdict: Verdict; readonly because: string } | null;
}
