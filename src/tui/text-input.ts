import { printable } from '../base/index.js';
import type { Key } from './key.js';
import { splitGraphemes } from './line.js';

/** A line being typed; `cursor` counts UTF-16 units and always stands between two characters as people see them. */
export interface TextInput {
  readonly text: string;
  readonly cursor: number;
}

export const emptyInput: TextInput = { text: '', cursor: 0 };

/** The input after one key; the very same object when the key changes nothing, `full` when there was no room. */
export function editText(input: TextInput, key: Key, maxLength: number): TextInput | 'full' {
  const { text, cursor } = input;
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  switch (key.name) {
    case 'char':
    case 'paste':
      return insertText(input, printable(key.text), maxLength);
    case 'backspace': {
      const kept = splitGraphemes(before).slice(0, -1).join('');
      return kept === before ? input : { text: kept + after, cursor: kept.length };
    }
    case 'delete': {
      const [first = ''] = splitGraphemes(after);
      return first === '' ? input : { text: before + after.slice(first.length), cursor };
    }
    case 'left': {
      const last = splitGraphemes(before).at(-1) ?? '';
      return last === '' ? input : { text, cursor: cursor - last.length };
    }
    case 'right': {
      const [first = ''] = splitGraphemes(after);
      return first === '' ? input : { text, cursor: cursor + first.length };
    }
    case 'home':
      return cursor === 0 ? input : { text, cursor: 0 };
    case 'end':
      return cursor === text.length ? input : { text, cursor: text.length };
    case 'ctrl-u':
      return cursor === 0 ? input : { text: after, cursor: 0 };
    case 'ctrl-w': {
      const kept = before.replace(/\S+\s*$/u, '');
      return kept === before ? input : { text: kept + after, cursor: kept.length };
    }
    default:
      return input;
  }
}

function insertText(input: TextInput, typed: string, maxLength: number): TextInput | 'full' {
  if (typed === '') return input;
  if (input.text.length + typed.length > maxLength) return 'full';
  const text = input.text.slice(0, input.cursor) + typed + input.text.slice(input.cursor);
  return { text, cursor: input.cursor + typed.length };
}
