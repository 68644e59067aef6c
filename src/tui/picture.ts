import type { Plan } from '../language/index.js';
import type { Actor, RunFeed, RunState } from '../run/index.js';
import type { Line } from './line.js';
import type { LoggedEvent } from './run-log.js';
import type { ScreenState } from './screen-state.js';
import type { Symbols } from './symbols.js';

/** Everything a frame is drawn from. */
export interface Picture {
  readonly plan: Plan;
  readonly state: RunState;
  readonly screen: ScreenState;
  readonly log: readonly LoggedEvent[];
  /** What a started step does, as its last start was recorded. */
  describe(step: string): string | undefined;
  tail(step: string, lines: number): readonly string[];
  readonly observer: ReturnType<RunFeed['observer']>;
  readonly nowMs: number;
  readonly operator: Actor;
  readonly symbols: Symbols;
  readonly size: { readonly columns: number; readonly rows: number };
}

export interface Frame {
  readonly lines: readonly Line[];
  /** Rows one page of the present view holds, and how far it can be scrolled: what the keys need to know. */
  readonly page: number;
  readonly furthest: number;
}

/** Rows to draw, and how they scroll when there are more of them than fit. */
export interface Scrolled {
  readonly lines: readonly Line[];
  readonly page: number;
  readonly furthest: number;
}
