import type { JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { Actor, OperatorInput, OperatorReply, RunState } from '../run/index.js';
import type { Key } from './key.js';
import type { TextInput } from './text-input.js';

/** What fills the body of the screen. */
export type View = 'run' | 'help' | 'people' | 'log' | 'steps' | 'text';

/** Things a person starts, in contrast to questions that the run asks. */
export type DialogName = 'note' | 'skip' | 'hold' | 'stop' | 'who' | 'undo';

/** A form as far as it is filled in. */
export interface Draft {
  readonly values: JsonObject;
  readonly inputs: { readonly [field: string]: TextInput };
  /** Highlighted option of each choice; a choice starts with none. */
  readonly picks: { readonly [field: string]: number };
  /** Field gone back to; null: the first that is not filled in. */
  readonly at: string | null;
}

export const emptyDraft: Draft = { values: {}, inputs: {}, picks: {}, at: null };

export interface Notice {
  readonly text: string;
  readonly level: 'info' | 'warning';
}

/** All that the screen itself remembers; everything else is the run's. */
export interface ScreenState {
  readonly view: View;
  /** Rows scrolled: up from the newest in the log, down from the top elsewhere. */
  readonly scroll: number;
  readonly dialog: { readonly name: DialogName; readonly draft: Draft } | null;
  /** The question that keys go to. */
  readonly selected: string | null;
  readonly drafts: { readonly [prompt: string]: Draft };
  /** Letters go into the question's line instead of being commands. */
  readonly typing: boolean;
  /** The question went away while somebody typed: keys are swallowed until Enter or Esc. */
  readonly orphaned: boolean;
  readonly interrupted: boolean;
  readonly notice: Notice | null;
  /** Who is at the keyboard, once somebody said so. */
  readonly me: Actor | null;
  /** An input the run has not replied to yet: a question's id or a dialog's name. */
  readonly sending: string | null;
}

export const initialScreen: ScreenState = {
  view: 'run',
  scroll: 0,
  dialog: null,
  selected: null,
  drafts: {},
  typing: false,
  orphaned: false,
  interrupted: false,
  notice: null,
  me: null,
  sending: null,
};

/** What the reducer may look at besides the screen. */
export interface ScreenContext {
  readonly plan: Plan;
  readonly state: RunState;
  readonly nowMs: number;
  /** Who is recorded where no role says who answers. */
  readonly operator: Actor;
  /** Rows one page of the present view holds, and the furthest it can be scrolled. */
  readonly page: number;
  readonly furthest: number;
}

export type ScreenEvent =
  | { readonly type: 'key'; readonly key: Key }
  /** The run moved on: questions may have opened or closed. */
  | { readonly type: 'run-moved' }
  | { readonly type: 'replied'; readonly to: string; readonly reply: OperatorReply };

export type Effect =
  | { readonly do: 'submit'; readonly to: string; readonly input: OperatorInput }
  | { readonly do: 'first-interrupt' }
  | { readonly do: 'second-interrupt' }
  | { readonly do: 'redraw' }
  | { readonly do: 'leave' };

export interface Reduced {
  readonly screen: ScreenState;
  readonly effects: readonly Effect[];
}

export function warn(screen: ScreenState, text: string): Reduced {
  return { screen: { ...screen, notice: { text, level: 'warning' } }, effects: [] };
}

export function only(screen: ScreenState): Reduced {
  return { screen, effects: [] };
}
