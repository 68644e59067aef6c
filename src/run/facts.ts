import type { ExpectationResult } from '../base/index.js';

/** Who caused an entry. `scripted` is a declared answer of an unattended drill: never a person, never human time. */
export type Actor =
  | { readonly kind: 'engine' }
  | { readonly kind: 'person'; readonly name: string; readonly role?: string }
  | { readonly kind: 'scripted'; readonly role?: string }
  | { readonly kind: 'sentinel' };

/** A file in the record's `evidence` folder, named by the SHA-256 of its (redacted) bytes. */
export interface EvidenceRef {
  /** Path within the record, e.g. `evidence/3f….txt`. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** How many secrets were blotted out before hashing. */
  readonly redactions: number;
  /** What it is, in a few words: `output of restore, attempt 1`. */
  readonly title: string;
}

export type CheckVerdict = 'pass' | 'fail' | 'not-run';

export interface CheckRecord {
  readonly verdict: CheckVerdict;
  readonly results: readonly ExpectationResult[];
  /** Why it did not run or could not be evaluated. */
  readonly reason?: string;
  readonly evidence?: readonly EvidenceRef[];
}

/** Why a check ran: is it done already, did it work, is the person right, what is true after the crash. */
export type CheckPurpose = 'before' | 'after' | 'claim' | 'resume' | 'wait';

export type PromptKind =
  /** The form of an `ask` step. Answer: field → value. */
  | 'ask'
  /** The choice of a `decide` step. Answer: `{option: id}`. */
  | 'decide'
  /** A human task. Answer: `{done: true}`, or `{done: false}` with a reason. */
  | 'instruct'
  /** Four eyes before a step. Answer: `{approve: true}`, `{approve: false}` or `{breakGlass: true}`, the last two with a reason. */
  | 'approve'
  /** A person types the target's name before a destructive step. Answer: `{typed: name}`, or `{cancel: true}` with a reason. */
  | 'confirm'
  /** A step failed. Answer: `{option: 'retry' | 'by-hand' | 'skip' | 'abort'}`; `skip` with a reason. */
  | 'failure'
  /** Outcome unknown after a crash. Answer: `{option: 'again' | 'done' | 'abort'}`. */
  | 'resume'
  /** Detection found nothing wrong in a live run. Answer: `{option: 'go-on' | 'stop'}`. */
  | 'nothing-found';

/** The state of a machine's clock as far as it can be told. */
export interface ClockState {
  readonly synchronised: boolean | null;
  readonly source: string;
}

/** How the run itself went; `interrupted` is never written, it is what a journal without `run-ended` is. */
export type RunOutcome = 'completed' | 'failed' | 'cancelled';
/** Whether the objectives were met, as far as the record can tell. */
export type Verdict = 'met' | 'missed' | 'inconclusive';

/** How far the log had come to the second place, as measured right before a disaster struck. */
export interface Protection {
  readonly reach: 'complete' | 'incomplete' | 'not-known';
  /** For people: up to where, and what is lacking. */
  readonly said: string;
  /** What a second region's standby lacked of it, in words; absent where it followed, and where there is none. */
  readonly standby?: string;
}

/** What was removed of the organisation's own data; the list of the files is evidence. */
export interface DestroyedData {
  readonly files: number;
  readonly bytes: number;
  readonly evidence: EvidenceRef;
}
