import type { Clock, JsonObject } from '../base/index.js';
import type { ActionSpec } from '../language/index.js';
import type { EvidenceRef } from '../run/index.js';
import type { Environment } from './environment.js';

/** What an action gets besides its arguments. */
export interface ActionContext {
  readonly environment: Environment;
  readonly run: { readonly id: string; readonly mode: 'drill' | 'live'; readonly head: string };
  /** Folder for scratch files of this attempt, removed afterwards; never part of the record. */
  readonly scratchDirectory: string;
  /** Aborted on timeout, stop and second Ctrl-C; an action ends its children before it rejects. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Everything printed goes here; redacted, kept in full on disk, shown as a tail. */
  readonly output: (text: string | Uint8Array) => void;
  /** Puts a file into the record, redacted, named by its hash. */
  readonly attach: (title: string, content: string | Uint8Array, extension: string) => Promise<EvidenceRef>;
  /** Fills `${…}` of a message from the run's answers and saved values; names what is missing. */
  fill(text: string): { readonly text: string; readonly missing: readonly string[] };
  readonly messages: readonly {
    readonly id: string;
    readonly audience: string;
    readonly subject: string;
    readonly body: string;
  }[];
}

export interface ActionResult {
  readonly outputs: JsonObject;
  readonly evidence?: readonly EvidenceRef[];
  /** Set by `notify.*`: becomes a `message-sent` entry. */
  readonly sent?: {
    readonly message: string;
    readonly to: string;
    readonly channel: string;
    readonly subject: string;
    readonly unfilled: readonly string[];
  };
}

/** One thing a runbook can do. Rejects with a `Failure` for everything that was to be expected. */
export interface Action extends ActionSpec {
  /** `args` are filled in and validated against `with`. */
  perform(args: JsonObject, context: ActionContext): Promise<ActionResult>;
}
