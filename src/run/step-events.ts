import type { FailureData, JsonObject } from '../base/index.js';
import type { CheckPurpose, CheckRecord, EvidenceRef } from './facts.js';

/** What was done: steps, checks, acceptance, the count of survivors, undo, messages. */
export type StepEvent =
  /** The intent, durable before the effect begins. */
  | {
      readonly type: 'step-started';
      readonly data: {
        readonly step: string;
        readonly attempt: number;
        readonly describe: string;
        readonly args: JsonObject;
        readonly by: 'machine' | 'person';
      };
    }
  | {
      readonly type: 'step-succeeded';
      readonly data: {
        readonly step: string;
        readonly attempt: number;
        readonly how: 'performed' | 'already-done' | 'by-hand' | 'answered' | 'waited';
        readonly outputs: JsonObject;
        readonly saved: JsonObject;
        readonly evidence: readonly EvidenceRef[];
      };
    }
  | {
      readonly type: 'step-failed';
      readonly data: {
        readonly step: string;
        readonly attempt: number;
        readonly failure: FailureData;
        readonly evidence: readonly EvidenceRef[];
        /** Whether the runner will try again by itself after `retry.backoff`. */
        readonly willRetry: boolean;
      };
    }
  /** No further attempt: the step has failed for good, and `onFailure: continue` lets the run go on or the run stops. */
  | {
      readonly type: 'step-given-up';
      readonly data: { readonly step: string; readonly goesOn: boolean; readonly because: string };
    }
  | {
      readonly type: 'step-skipped';
      readonly data: {
        readonly step: string;
        readonly cause: 'condition' | 'not-chosen' | 'person' | 'run-stopped';
        readonly reason: string;
      };
    }
  | {
      readonly type: 'step-outcome-unknown';
      readonly data: { readonly step: string; readonly attempt: number; readonly because: string };
    }
  | {
      readonly type: 'check-evaluated';
      readonly data: {
        readonly step: string;
        readonly purpose: CheckPurpose;
        readonly attempt: number;
        readonly check: CheckRecord;
      };
    }
  | {
      readonly type: 'message-sent';
      readonly data: {
        readonly step: string;
        readonly message: string;
        readonly to: string;
        readonly channel: string;
        readonly subject: string;
        readonly unfilled: readonly string[];
        readonly evidence: readonly EvidenceRef[];
        readonly head: string;
      };
    }
  | {
      readonly type: 'acceptance-probed';
      readonly data: {
        readonly round: number;
        readonly checks: readonly {
          readonly id: string;
          readonly critical: boolean;
          readonly check: CheckRecord;
        }[];
        readonly green: boolean;
      };
    }
  /** The list of canary ids present in the recovered database, read after the ledger's head `ledger` was taken. */
  | {
      readonly type: 'survivors-listed';
      readonly data: {
        readonly ledger: { readonly seq: number; readonly sha256: string };
        readonly acknowledged: number;
        readonly present: number;
        readonly missing: number;
        readonly unacknowledged: number;
        /** From the last recovered commit before the first missing one to the last missing one; 0 when none is missing. */
        readonly windowMs: number;
        readonly evidence: readonly EvidenceRef[];
      };
    }
  | { readonly type: 'survivors-not-listed'; readonly data: { readonly reason: string } }
  | {
      readonly type: 'undo-requested';
      readonly data: { readonly steps: readonly string[]; readonly reason: string };
    }
  | { readonly type: 'undo-started'; readonly data: { readonly step: string; readonly describe: string } }
  | {
      readonly type: 'undo-ended';
      readonly data: {
        readonly step: string;
        readonly failure: FailureData | null;
        readonly evidence: readonly EvidenceRef[];
      };
    };
