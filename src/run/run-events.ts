import type { FailureData, JsonObject } from '../base/index.js';
import type { ClockPoint, Stage } from '../language/index.js';
import type {
  CheckRecord,
  ClockState,
  DestroyedData,
  EvidenceRef,
  Protection,
  RunOutcome,
  Verdict,
} from './facts.js';

/** The life of a run: sessions, environment, observer, faults, detection, phases, obligations, end. */
export type RunLifeEvent =
  | {
      readonly type: 'run-opened';
      readonly data: {
        readonly runId: string;
        readonly planSha256: string;
        readonly mode: 'drill' | 'live';
        readonly unattended: boolean;
        readonly tool: { readonly version: string; readonly node: string };
        readonly host: { readonly name: string; readonly platform: string; readonly user: string };
        readonly clock: ClockState;
        /** `--started-at`: when people say the disruption began, for a live run without an observer. */
        readonly attestedStart?: string;
      };
    }
  /** Every engine that takes the run up, the first included. `gapMs` is by the wall clock. */
  | {
      readonly type: 'session-started';
      readonly data: {
        readonly session: string;
        readonly pid: number;
        readonly bootId: string;
        readonly resumed: boolean;
        readonly gapMs: number | null;
        /** Processes of the dead engine that were found alive and ended. */
        readonly orphansEnded: readonly string[];
        /** Bytes of a torn last line that were set aside. */
        readonly tornBytes: number;
      };
    }
  | {
      readonly type: 'environment-opened';
      readonly data: {
        readonly name: string;
        readonly kind: 'lab' | 'declared';
        /** What `${environment.…}` inserts from now on. */
        readonly values: JsonObject;
        /** Fingerprint of the target, as read from it. */
        readonly fingerprint: JsonObject;
        /** Required things this environment does not have, each with what it means: printed, scored as not exercised. */
        readonly notExercised: readonly string[];
      };
    }
  | {
      readonly type: 'observer-started';
      readonly data: { readonly resolutionMs: number; readonly ledger: string };
    }
  /** The sentinel reports changes of state only; `at` in the data is its own clock. */
  | {
      readonly type: 'observed';
      readonly data: {
        readonly what: 'write' | 'read' | 'application';
        readonly state: 'ok' | 'failing';
        readonly detail: string;
        readonly sentinelAt: string;
        /** Sequence number of the sentinel's ledger line that says so. */
        readonly ledgerSeq: number;
      };
    }
  /** The ledger's head, anchored at the end of every phase. */
  | { readonly type: 'ledger-anchored'; readonly data: { readonly seq: number; readonly sha256: string } }
  | { readonly type: 'fault-started'; readonly data: { readonly fault: string; readonly describe: string } }
  | {
      readonly type: 'fault-injected';
      readonly data: {
        readonly fault: string;
        readonly sabotage: boolean;
        /** What was really done, for later comparison with what the runbook found. */
        readonly groundTruth: JsonObject;
        /** The first failed read (or its like) that shows the effect. */
        readonly proof: JsonObject;
        readonly evidence: readonly EvidenceRef[];
        /** No client sees anything fail (rows that are missing, answers that are slow): only the signs can find it. */
        readonly silent?: boolean;
        /** Of a disaster, not of a sabotage; absent where nobody measured it, as in records of an earlier time. */
        readonly protection?: Protection;
      };
    }
  | {
      readonly type: 'fault-failed';
      readonly data: { readonly fault: string; readonly failure: FailureData };
    }
  | {
      readonly type: 'detection-evaluated';
      readonly data: {
        readonly signs: readonly {
          readonly id: string;
          readonly sign: string;
          readonly seen: boolean | null;
          readonly check: CheckRecord | null;
        }[];
      };
    }
  /** One of the five points. `at` overrides the envelope's time where it was measured elsewhere (`by`). */
  | {
      readonly type: 'clock-marked';
      readonly data: {
        readonly point: ClockPoint;
        readonly at: string;
        readonly by: 'engine' | 'sentinel' | 'person' | 'scripted';
        readonly because: string;
      };
    }
  | { readonly type: 'phase-entered'; readonly data: { readonly phase: string; readonly stage: Stage } }
  | {
      readonly type: 'phase-left';
      readonly data: { readonly phase: string; readonly outcome: 'completed' | 'failed' | 'cancelled' };
    }
  /** What must still be done, by people and outside this run: nothing in a journal closes it. */
  | {
      readonly type: 'obligation-opened';
      readonly data: { readonly obligation: string; readonly text: string };
    }
  | {
      readonly type: 'environment-closed';
      readonly data: {
        readonly released: readonly string[];
        readonly leftovers: readonly string[];
        /** What stays on purpose, in an environment that is not ours: nobody owes its removal. */
        readonly kept?: readonly string[];
        /** The organisation's own data in a lab: every file that held some, and that none is left. */
        readonly destroyed?: DestroyedData;
      };
    }
  | {
      readonly type: 'run-ended';
      readonly data: { readonly status: RunOutcome; readonly verdict: Verdict; readonly because: string };
    }
  /** The last entry: what an auditor compares the length of the journal and the evidence with. */
  | {
      readonly type: 'run-sealed';
      readonly data: {
        readonly entries: number;
        readonly evidenceSha256: string;
        readonly ledger: { readonly seq: number; readonly sha256: string } | null;
      };
    };
