import type { Clock, JsonObject } from '../base/index.js';
import type { ActionCall, PlannedFault, Plan } from '../language/index.js';
import type { DestroyedData, EvidenceRef, Protection } from '../run/index.js';

/** What the loop needs of the world; the composition root hands it in. Rejections are `Failure`s, anything else is a bug. */
export interface ExecutorPorts {
  readonly clock: Clock;
  readonly environment: EnvironmentPort;
  readonly actions: ActionPort;
}

export interface EnvironmentOpened {
  readonly kind: 'lab' | 'declared';
  readonly values: JsonObject;
  readonly fingerprint: JsonObject;
  readonly notExercised: readonly string[];
}

export interface Observation {
  readonly what: 'write' | 'read' | 'application';
  readonly state: 'ok' | 'failing';
  readonly detail: string;
  readonly sentinelAt: string;
  readonly ledgerSeq: number;
}

export interface ObserverPort {
  readonly resolutionMs: number;
  readonly ledger: string;
  /** Replays every change of state from ledger line `afterSeq` on, then follows; returns how to stop. */
  follow(afterSeq: number, listener: (observation: Observation) => void): () => void;
  figures(): {
    readonly acknowledged: number;
    readonly failingForMs: number | null;
    readonly lastWriteAgoMs: number | null;
  };
  head(): Promise<{ readonly seq: number; readonly sha256: string; readonly acknowledged: number }>;
  /** Takes the ledger's head first, then reads which canary ids are present in the service's database. */
  survivors(): Promise<{
    readonly ledger: { readonly seq: number; readonly sha256: string };
    readonly acknowledged: number;
    readonly present: number;
    readonly missing: number;
    readonly unacknowledged: number;
    readonly windowMs: number;
    readonly evidence: readonly EvidenceRef[];
  }>;
}

export interface EnvironmentPort {
  /** One sentence on what a fault does, for the record; arguments are filled in. */
  describeFault?(fault: PlannedFault): string;
  /** Makes it (a lab) or finds it; safe to call again after a crash, then it finds what is there. What a signal cuts short `close` removes. */
  open(plan: Plan, runId: string, signal: AbortSignal): Promise<EnvironmentOpened>;
  /** Starts the sentinel, or finds the one that lives; null where the environment has none. */
  observe(): Promise<ObserverPort | null>;
  inject(
    fault: PlannedFault,
    attach: Attach,
    signal: AbortSignal,
  ): Promise<{
    readonly groundTruth: JsonObject;
    readonly proof: JsonObject;
    readonly evidence: readonly EvidenceRef[];
    readonly silent?: boolean;
    /** What protected the data right before it; a sabotage has none. */
    readonly protection?: Protection;
  }>;
  /** `kept`: what stays on purpose; `leftovers` are obligations that nobody has met. */
  close(): Promise<{
    readonly released: readonly string[];
    readonly leftovers: readonly string[];
    readonly kept?: readonly string[];
    readonly destroyed?: DestroyedData;
  }>;
}

export type Attach = (title: string, content: string | Uint8Array, extension: string) => Promise<EvidenceRef>;

export interface ActionRequest {
  readonly call: ActionCall;
  /** `call.with`, filled in. */
  readonly args: JsonObject;
  readonly runId: string;
  readonly head: string;
  readonly scope: JsonObject;
  readonly signal: AbortSignal;
  readonly output: (text: string | Uint8Array) => void;
  readonly attach: Attach;
}

export interface ActionPort {
  describe(call: ActionCall): string;
  perform(request: ActionRequest): Promise<{
    readonly outputs: JsonObject;
    readonly evidence?: readonly EvidenceRef[];
    readonly sent?: {
      readonly message: string;
      readonly to: string;
      readonly channel: string;
      readonly subject: string;
      readonly unfilled: readonly string[];
    };
  }>;
}

/** Where outputs and attachments of steps go; redaction happens behind it and nowhere else. */
export interface ArtefactPort {
  /** Opens a sink for one attempt's output; `close` redacts, hashes and names the file, or returns null when nothing was written. */
  openOutput(title: string): {
    write(chunk: string | Uint8Array): void;
    tail(lines: number): readonly string[];
    close(): Promise<EvidenceRef | null>;
  };
  attach: Attach;
}
