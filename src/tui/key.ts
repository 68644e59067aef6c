import type { Key as InkKey } from 'ink';

/** Keys that carry no text. */
export type PlainKey =
  | 'enter'
  | 'escape'
  | 'tab'
  | 'shift-tab'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'pageup'
  | 'pagedown'
  | 'backspace'
  | 'delete'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u'
  | 'ctrl-w'
  | 'other';

/** One key as the screen knows it; pasted text comes in one piece. */
export type Key = { readonly name: PlainKey } | { readonly name: 'char' | 'paste'; readonly text: string };

/** The keys of one input event of Ink, which on a slow line may carry several characters at once. */
export function keysOf(input: string, key: InkKey): Key[] {
  if (key.ctrl) return [controlKey(input)];
  if (key.return) return [{ name: 'enter' }];
  if (key.escape) return [{ name: 'escape' }];
  if (key.tab) return [{ name: key.shift ? 'shift-tab' : 'tab' }];
  if (key.upArrow) return [{ name: 'up' }];
  if (key.downArrow) return [{ name: 'down' }];
  if (key.leftArrow) return [{ name: 'left' }];
  if (key.rightArrow) return [{ name: 'right' }];
  if (key.home) return [{ name: 'home' }];
  if (key.end) return [{ name: 'end' }];
  if (key.pageUp) return [{ name: 'pageup' }];
  if (key.pageDown) return [{ name: 'pagedown' }];
  if (key.backspace) return [{ name: 'backspace' }];
  if (key.delete) return [{ name: 'delete' }];
  if (key.meta || input === '') return [{ name: 'other' }];
  return splitTyped(input);
}

function controlKey(input: string): Key {
  if (input === 'c') return { name: 'ctrl-c' };
  if (input === 'l') return { name: 'ctrl-l' };
  if (input === 'u') return { name: 'ctrl-u' };
  if (input === 'w') return { name: 'ctrl-w' };
  if (input === 'a') return { name: 'home' };
  if (input === 'e') return { name: 'end' };
  return { name: 'other' };
}

function splitTyped(input: string): Key[] {
  const keys: Key[] = [];
  for (const part of input.match(/\r\n|[\r\n\t\u0003]|[^\r\n\t\u0003]+/gu) ?? []) {
    if (part === '\t') keys.push({ name: 'tab' });
    else if (part === '\u0003') keys.push({ name: 'ctrl-c' });
    else if (/^[\r\n]/u.test(part)) keys.push({ name: 'enter' });
    else for (const one of part) keys.push({ name: 'char', text: one });
  }
  return keys;
}
