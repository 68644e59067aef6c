import type { RunState } from '../run/index.js';
import type { Key } from './key.js';

export type Command =
  | 'answer'
  | 'move'
  | 'number'
  | 'letter'
  | 'previous-field'
  | 'next-question'
  | 'help'
  | 'people'
  | 'who'
  | 'log'
  | 'steps'
  | 'text'
  | 'note'
  | 'skip'
  | 'hold'
  | 'undo'
  | 'stop'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'redraw'
  | 'close'
  | 'interrupt';

export interface KeyRow {
  readonly command: Command;
  /** As it is printed. */
  readonly shown: string;
  readonly does: string;
  /** A few words for the bottom line; absent: only in the help. */
  readonly short?: string;
  matches(key: Key): boolean;
}

const named =
  (...names: readonly Key['name'][]) =>
  (key: Key): boolean =>
    names.includes(key.name);
const letter =
  (...letters: readonly string[]) =>
  (key: Key): boolean =>
    key.name === 'char' && letters.includes(key.text);

/** Every key there is. What is pressed, what the help shows and what the bottom line offers come from here. */
export const keyTable: readonly KeyRow[] = [
  {
    command: 'answer',
    shown: 'Enter',
    does: 'answer the question; accept what is chosen or typed',
    matches: named('enter'),
  },
  {
    command: 'move',
    shown: 'Up Down',
    does: 'move in a choice; nothing is chosen until you move',
    matches: named('up', 'down'),
  },
  {
    command: 'number',
    shown: '1-9',
    does: 'choose by number, then Enter',
    matches: (key) => key.name === 'char' && /^[1-9]$/u.test(key.text),
  },
  { command: 'letter', shown: 'd c', does: 'in a task: done, or cannot be done', matches: letter('d', 'c') },
  {
    command: 'previous-field',
    shown: 'Shift-Tab',
    does: 'back to the field before',
    matches: named('shift-tab'),
  },
  {
    command: 'next-question',
    shown: 'Tab',
    does: 'next open question',
    short: 'next question',
    matches: named('tab'),
  },
  {
    command: 'close',
    shown: 'Esc',
    does: 'leave what is open; what was typed is kept',
    short: 'back',
    matches: named('escape'),
  },
  { command: 'help', shown: '?', does: 'this help', short: 'help', matches: letter('?') },
  {
    command: 'text',
    shown: 'i',
    does: 'the full text of the question or step',
    short: 'full text',
    matches: letter('i'),
  },
  { command: 'note', shown: 'n', does: 'write a note into the record', short: 'note', matches: letter('n') },
  {
    command: 'stop',
    shown: 'q',
    does: 'stop the run, by typing stop; after the end: leave',
    short: 'stop',
    matches: letter('q'),
  },
  {
    command: 'people',
    shown: 'p',
    does: 'people and how to reach them',
    short: 'people',
    matches: letter('p'),
  },
  { command: 'log', shown: 'l', does: 'the log over the whole screen', short: 'log', matches: letter('l') },
  { command: 'steps', shown: 't', does: 'all phases and steps', short: 'steps', matches: letter('t') },
  { command: 'who', shown: 'w', does: 'say who is at the keyboard', matches: letter('w') },
  { command: 'skip', shown: 's', does: 'skip a step, with a reason', short: 'skip', matches: letter('s') },
  {
    command: 'hold',
    shown: 'h',
    does: 'hold: start no new step; again: release',
    short: 'hold',
    matches: letter('h'),
  },
  { command: 'undo', shown: 'u', does: 'undo steps, with a reason', matches: letter('u') },
  { command: 'page-up', shown: 'PgUp', does: 'scroll up', matches: named('pageup') },
  { command: 'page-down', shown: 'PgDn', does: 'scroll down', matches: named('pagedown') },
  { command: 'first', shown: 'Home', does: 'to the beginning', matches: named('home') },
  { command: 'last', shown: 'End', does: 'to the end; the log follows again', matches: named('end') },
  { command: 'redraw', shown: 'Ctrl-L', does: 'draw the screen again', matches: named('ctrl-l') },
  {
    command: 'interrupt',
    shown: 'Ctrl-C',
    does: 'once: ask to stop; twice: stop now',
    matches: named('ctrl-c'),
  },
];

export function commandOf(key: Key): Command | undefined {
  return keyTable.find((row) => row.matches(key))?.command;
}

export function shownKey(command: Command): string {
  return keyTable.find((row) => row.command === command)?.shown ?? '';
}

/** Keys of the bottom line besides those of an open question, in order of importance. */
export function offeredKeys(state: RunState): { readonly shown: string; readonly short: string }[] {
  return keyTable
    .filter((row) => row.command !== 'next-question' && row.command !== 'close')
    .flatMap((row) => (row.short === undefined ? [] : [{ row, short: row.short }]))
    .filter(({ row }) => state.ended === null || !['skip', 'hold', 'stop', 'note'].includes(row.command))
    .map(({ row, short }) => ({
      shown: row.shown,
      short: row.command === 'hold' && state.held ? 'release' : short,
    }));
}
