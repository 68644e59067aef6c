import type { JsonObject } from '../base/index.js';
import type { ActionCall, AcceptanceCheck, DetectionSign, PlannedFault, Step } from '../language/index.js';
import type { RunEvent } from './entry.js';
import type { Actor, CheckPurpose } from './facts.js';

/**
 * A decision is one of: exactly one `append`; effects, with at most one `wake`; `finished` alone; nothing (somebody must act first).
 * What the executor appends for each effect, also when it was aborted or failed:
 * `open-environment`: `environment-opened`, else `stop-requested` (failure), or nothing where a stop cut it short. `start-observer`: `observer-started`, else `note-taken` by
 * the engine that says "no observer". `inject`: `fault-started`, then `fault-injected` or `fault-failed`. `evaluate-detection`:
 * `detection-evaluated`. `perform`: `step-started`, the step's `check` with purpose `after` as `check-evaluated`, then `step-succeeded`
 * or `step-failed` (`willRetry` from `retriesByItself`). `check`: `check-evaluated`, nothing else. `probe-acceptance`: `acceptance-probed`.
 * `list-survivors`: `survivors-listed` or `survivors-not-listed`. `anchor-ledger`: `ledger-anchored`, else `note-taken` by the engine.
 * `undo`: `undo-started`, `undo-ended`. `close-environment`, once nothing else is under way: `environment-closed`.
 *
 * What should happen next. `append` is the whole of a transition that needs no effect; everything else is an effect that the
 * executor carries out, appending what did happen. A command already under way is not given again.
 */
export type Command =
  | { readonly do: 'append'; readonly event: RunEvent; readonly actor: Actor }
  | { readonly do: 'open-environment' }
  | { readonly do: 'start-observer' }
  | { readonly do: 'inject'; readonly fault: PlannedFault }
  | { readonly do: 'evaluate-detection'; readonly signs: readonly DetectionSign[] }
  | {
      readonly do: 'perform';
      readonly step: Step;
      readonly call: ActionCall;
      readonly attempt: number;
      readonly timeoutMs: number | null;
    }
  | {
      readonly do: 'check';
      readonly step: Step;
      readonly call: ActionCall;
      readonly purpose: CheckPurpose;
      readonly attempt: number;
    }
  | { readonly do: 'probe-acceptance'; readonly round: number; readonly checks: readonly AcceptanceCheck[] }
  | { readonly do: 'list-survivors' }
  | { readonly do: 'anchor-ledger' }
  | { readonly do: 'undo'; readonly step: Step; readonly call: ActionCall }
  | { readonly do: 'close-environment' }
  /** Nothing to do before this time by the wall clock, unless an answer or an observation comes first. */
  | { readonly do: 'wake'; readonly atMs: number }
  | { readonly do: 'finished' };

/** What a person can do to a run at any time, through any view. */
export type OperatorInput =
  | {
      readonly kind: 'answer';
      readonly prompt: string;
      readonly answer: JsonObject;
      readonly reason?: string;
      readonly by: Actor;
    }
  | { readonly kind: 'stop'; readonly reason: string; readonly by: Actor }
  | { readonly kind: 'skip'; readonly step: string; readonly reason: string; readonly by: Actor }
  | { readonly kind: 'note'; readonly text: string; readonly by: Actor }
  | { readonly kind: 'hold'; readonly reason: string; readonly by: Actor }
  | { readonly kind: 'release'; readonly by: Actor }
  | { readonly kind: 'undo'; readonly steps: readonly string[]; readonly reason: string; readonly by: Actor };

export type OperatorReply =
  { readonly accepted: true } | { readonly accepted: false; readonly why: string; readonly hint?: string };
