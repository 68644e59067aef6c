import type { Plan } from '../language/index.js';
import type { OperatorInput, OperatorReply } from './command.js';
import type { Entry } from './entry.js';
import type { RunState } from './state.js';

/** What a view sees of a run, and the only way in which it can act on it. A view may come and go without touching the run. */
export interface RunFeed {
  readonly plan: Plan;
  state(): RunState;
  entries(): readonly Entry[];
  /** Called after each durable entry, and when output or sentinel figures changed; returns how to stop listening. */
  subscribe(listener: (change: { readonly entry: Entry | null }) => void): () => void;
  /** Last lines of a step's output, control sequences already removed. */
  outputTail(step: string, lines: number): readonly string[];
  /** What a step that has not begun would do; absent where nothing can tell, as for a run that is only watched. */
  describe?(step: string): string | undefined;
  /** Commits the sentinel has seen acknowledged so far, and how long writes have been failing; null without a sentinel. */
  observer(): {
    readonly acknowledged: number;
    readonly failingForMs: number | null;
    readonly lastWriteAgoMs: number | null;
  } | null;
  /** Wall clock in milliseconds, for elapsed times that go on while a person thinks. */
  now(): number;
  submit(input: OperatorInput): Promise<OperatorReply>;
}
