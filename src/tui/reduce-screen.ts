import { openPrompts, type OperatorReply, type PromptState } from '../run/index.js';
import { reduceDialog } from './reduce-dialog.js';
import { commandOf, type Command } from './keys.js';
import type { Key } from './key.js';
import { reduceQuestion, startTyping } from './reduce-question.js';
import {
  emptyDraft,
  only,
  warn,
  type DialogName,
  type Reduced,
  type ScreenContext,
  type ScreenEvent,
  type ScreenState,
  type View,
} from './screen-state.js';

/** The screen after an event, and what is to be done besides. Pure; keys that mean nothing change nothing but the notice. */
export function reduceScreen(screen: ScreenState, event: ScreenEvent, context: ScreenContext): Reduced {
  switch (event.type) {
    case 'run-moved':
      return only(followRun(screen, context));
    case 'replied':
      return only(afterReply(screen, event.to, event.reply));
    case 'key':
      return reduceKey({ ...screen, notice: null }, event.key, context);
  }
}

function followRun(screen: ScreenState, context: ScreenContext): ScreenState {
  const open = openPrompts(context.state);
  const isOpen = (id: string): boolean => open.some((prompt) => prompt.id === id);
  const drafts = Object.fromEntries(Object.entries(screen.drafts).filter(([id]) => isOpen(id)));
  if (screen.selected !== null && isOpen(screen.selected)) return { ...screen, drafts };
  const gone = screen.typing && screen.selected !== null && screen.sending !== screen.selected;
  return {
    ...screen,
    drafts,
    selected: open[0]?.id ?? null,
    typing: false,
    orphaned: screen.orphaned || gone,
    notice: gone
      ? { text: 'the question was closed while you were typing', level: 'warning' }
      : screen.notice,
  };
}

function afterReply(screen: ScreenState, to: string, reply: OperatorReply): ScreenState {
  const sending = screen.sending === to ? null : screen.sending;
  if (reply.accepted) {
    const { [to]: sent, ...drafts } = screen.drafts;
    return { ...screen, sending, drafts: sent === undefined ? screen.drafts : drafts };
  }
  const text = `not accepted: ${reply.why}${reply.hint === undefined ? '' : `; ${reply.hint}`}`;
  return { ...screen, sending, notice: { text, level: 'warning' } };
}

function reduceKey(screen: ScreenState, key: Key, context: ScreenContext): Reduced {
  if (key.name === 'ctrl-c') return interrupt(screen, context);
  if (key.name === 'ctrl-l') return { screen, effects: [{ do: 'redraw' }] };
  if (screen.orphaned) {
    if (key.name === 'enter' || key.name === 'escape') return only({ ...screen, orphaned: false });
    return warn(screen, 'the question was closed while you were typing; press Esc to go on');
  }
  if (screen.dialog) return reduceDialog(screen, screen.dialog, key, context);
  const prompt = openPrompts(context.state).find((one) => one.id === screen.selected);
  if (screen.typing && prompt) {
    if (key.name === 'escape') return only({ ...screen, typing: false });
    if (key.name === 'tab') return only(nextQuestion(screen, context));
    return reduceQuestion(screen, prompt, key, context);
  }
  if (screen.view !== 'run' && key.name === 'escape') return only({ ...screen, view: 'run', scroll: 0 });
  if (key.name === 'paste') return warn(screen, 'nothing is being typed here, the pasted text was dropped');
  return reduceCommand(screen, key, prompt, context);
}

function reduceCommand(
  screen: ScreenState,
  key: Key,
  prompt: PromptState | undefined,
  context: ScreenContext,
): Reduced {
  const command = commandOf(key);
  switch (command) {
    case 'answer':
      if (screen.view !== 'run') return only({ ...screen, view: 'run', scroll: 0 });
      if (context.state.ended !== null && !prompt) return { screen, effects: [{ do: 'leave' }] };
      if (!prompt) return warn(screen, 'nothing is asked right now; press ? for the keys');
      return startTyping(screen, prompt, context) ?? reduceQuestion(screen, prompt, key, context);
    case 'move':
    case 'number':
    case 'letter':
    case 'previous-field':
      return screen.view === 'run' && prompt
        ? reduceQuestion(screen, prompt, key, context)
        : warn(screen, 'nothing to choose here; press ? for the keys');
    case 'next-question':
      return only(nextQuestion(screen, context));
    case 'help':
    case 'people':
    case 'log':
    case 'steps':
    case 'text':
      return only({ ...screen, ...turnTo(screen, command) });
    case 'hold':
      return context.state.held ? release(screen, context) : open(screen, 'hold', context);
    case 'note':
    case 'skip':
    case 'stop':
    case 'who':
    case 'undo':
      return open(screen, command, context);
    case 'page-up':
    case 'page-down':
    case 'first':
    case 'last':
      return only({ ...screen, scroll: scrolled(screen, command, context) });
    default:
      return key.name === 'char'
        ? warn(screen, `"${key.text}" does nothing here; press ? for the keys`)
        : only(screen);
  }
}

function turnTo(screen: ScreenState, view: View): Pick<ScreenState, 'view' | 'scroll'> {
  return screen.view === view ? { view: 'run', scroll: 0 } : { view, scroll: 0 };
}

function scrolled(screen: ScreenState, command: Command, context: ScreenContext): number {
  // The log is anchored at its end, everything else at its beginning.
  const fromEnd = screen.view === 'run' || screen.view === 'log';
  const page = Math.max(1, context.page - 1);
  const towards = { 'page-up': page, 'page-down': -page, first: Infinity, last: -Infinity }[
    command as 'page-up' | 'page-down' | 'first' | 'last'
  ];
  return Math.min(context.furthest, Math.max(0, screen.scroll + (fromEnd ? towards : -towards)));
}

function open(screen: ScreenState, name: DialogName, context: ScreenContext): Reduced {
  if (context.state.ended !== null) {
    if (name === 'stop') return { screen, effects: [{ do: 'leave' }] };
    if (name !== 'who') return warn(screen, 'the run has ended; press Enter or q to leave');
  }
  return only({ ...screen, view: 'run', dialog: { name, draft: emptyDraft } });
}

function release(screen: ScreenState, context: ScreenContext): Reduced {
  const input = { kind: 'release', by: screen.me ?? context.operator } as const;
  return { screen: { ...screen, sending: 'hold' }, effects: [{ do: 'submit', to: 'hold', input }] };
}

function interrupt(screen: ScreenState, context: ScreenContext): Reduced {
  if (context.state.ended !== null) return { screen, effects: [{ do: 'leave' }] };
  if (screen.interrupted) return { screen, effects: [{ do: 'second-interrupt' }] };
  return {
    screen: {
      ...screen,
      view: 'run',
      interrupted: true,
      typing: false,
      dialog: { name: 'stop', draft: emptyDraft },
    },
    effects: [{ do: 'first-interrupt' }],
  };
}

function nextQuestion(screen: ScreenState, context: ScreenContext): ScreenState {
  const open = openPrompts(context.state);
  const at = open.findIndex((prompt) => prompt.id === screen.selected);
  const next = open[(at + 1) % Math.max(1, open.length)];
  if (!next) return { ...screen, notice: { text: 'no question is open', level: 'info' } };
  return { ...screen, view: 'run', selected: next.id, typing: false };
}
