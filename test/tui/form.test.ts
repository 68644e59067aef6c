import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FormField } from '../../src/run/index.js';
import { activeField, reduceForm, type FieldsOf } from '../../src/tui/form.js';
import type { Key } from '../../src/tui/key.js';
import { keysOf } from '../../src/tui/key.js';
import { emptyDraft, type Draft } from '../../src/tui/screen-state.js';
import { editText, emptyInput, type TextInput } from '../../src/tui/text-input.js';
import { splitGraphemes } from '../../src/tui/line.js';

const char = (text: string): Key => ({ name: 'char', text });
const type = (text: string): Key[] => Array.from(text, char);
const enter: Key = { name: 'enter' };

const play = (fieldsOf: FieldsOf, keys: readonly Key[], from: Draft = emptyDraft) => {
  let draft = from;
  let last: ReturnType<typeof reduceForm> = { kind: 'ignored' };
  for (const key of keys) {
    last = reduceForm(draft, fieldsOf, key);
    if (last.kind !== 'ignored') draft = last.draft;
  }
  return { draft, last };
};

const choice: FormField = {
  kind: 'pick',
  key: 'option',
  label: 'Choose',
  options: [
    { value: 'go', label: 'Go', suggested: true },
    { value: 'skip', label: 'Skip', suggested: false },
    { value: 'never', label: 'Never', suggested: false, barred: 'not allowed' },
  ],
};
const reason: FormField = {
  kind: 'line',
  key: 'reason',
  label: 'Why',
  hint: '',
  maxLength: 10,
  read: (typed) => (typed === '' ? { ok: false, problem: 'empty' } : { ok: true, value: typed }),
};
const fieldsOf: FieldsOf = (values) => (values['option'] === 'skip' ? [choice, reason] : [choice]);

describe('a form', () => {
  test('Enter alone never chooses, not even what is suggested', () => {
    const { last } = play(fieldsOf, [enter, enter, enter]);
    expect(last).toMatchObject({
      kind: 'problem',
      problem: expect.stringContaining('nothing is chosen') as string,
    });
  });

  test('a choice is complete at once, or asks for its reason', () => {
    expect(play(fieldsOf, [char('1'), enter]).last).toMatchObject({
      kind: 'complete',
      draft: { values: { option: 'go' } },
    });
    const skip = play(fieldsOf, [char('2'), enter]);
    expect(skip.last.kind).toBe('changed');
    expect(activeField(skip.draft, fieldsOf(skip.draft.values))).toBe(reason);
    expect(play(fieldsOf, [enter], skip.draft).last).toMatchObject({ kind: 'problem', problem: 'empty' });
    expect(play(fieldsOf, [...type('why'), enter], skip.draft).last).toMatchObject({
      kind: 'complete',
      draft: { values: { option: 'skip', reason: 'why' } },
    });
  });

  test('what is barred, or not there, is refused', () => {
    expect(play(fieldsOf, [char('3'), enter]).last).toMatchObject({
      kind: 'problem',
      problem: 'Never: not allowed',
    });
    expect(play(fieldsOf, [char('9')]).last).toMatchObject({
      kind: 'problem',
      problem: 'there is no number 9',
    });
  });

  test('gone back and chosen otherwise, what was said under the first choice is gone', () => {
    const back = play(fieldsOf, [
      char('2'),
      enter,
      ...type('because'),
      { name: 'shift-tab' },
      char('1'),
      enter,
    ]);
    expect(back.last).toMatchObject({ kind: 'complete', draft: { values: { option: 'go' }, inputs: {} } });
  });

  test('no keys without Enter ever complete a form', () => {
    const quiet = fc.oneof(
      fc.string({ minLength: 1, maxLength: 1 }).map(char),
      fc.constantFrom<Key>(
        ...(['tab', 'shift-tab', 'up', 'down', 'left', 'right', 'escape', 'backspace', 'other'] as const).map(
          (name) => ({ name }),
        ),
      ),
      fc.string().map((text): Key => ({ name: 'paste', text })),
    );
    fc.assert(
      fc.property(fc.array(quiet, { maxLength: 40 }), (keys) => {
        expect(play(fieldsOf, keys).last.kind).not.toBe('complete');
      }),
    );
  });
});

describe('a line being typed', () => {
  const edit = (input: TextInput, ...keys: Key[]): TextInput => {
    let now = input;
    for (const key of keys) {
      const next = editText(now, key, 20);
      if (next !== 'full') now = next;
    }
    return now;
  };

  test('is edited in the middle', () => {
    expect(
      edit(emptyInput, ...type('helo'), { name: 'left' }, char('l'), { name: 'end' }, char('!')),
    ).toEqual({ text: 'hello!', cursor: 6 });
    expect(edit(emptyInput, ...type('abc'), { name: 'home' }, { name: 'delete' })).toEqual({
      text: 'bc',
      cursor: 0,
    });
    expect(edit(emptyInput, ...type('one two'), { name: 'ctrl-w' })).toEqual({ text: 'one ', cursor: 4 });
    expect(edit(emptyInput, ...type('one two'), { name: 'ctrl-u' })).toEqual({ text: '', cursor: 0 });
  });

  test('moves and deletes by characters as people see them', () => {
    const family = 'e\u0301';
    expect(edit({ text: `a${family}`, cursor: 3 }, { name: 'backspace' })).toEqual({ text: 'a', cursor: 1 });
    expect(edit({ text: `a${family}`, cursor: 3 }, { name: 'left' })).toEqual({
      text: `a${family}`,
      cursor: 1,
    });
    expect(edit(emptyInput, { name: 'paste', text: '日本\n語\u001b[31m' })).toEqual({
      text: '日本 語',
      cursor: 4,
    });
  });

  test('never grows past its limit, and the cursor never stands inside a character', () => {
    const key = fc.oneof(
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 5 })
        .map((text): Key => ({ name: 'paste', text })),
      fc.constantFrom<Key>(
        ...(['left', 'right', 'home', 'end', 'backspace', 'delete', 'ctrl-u', 'ctrl-w'] as const).map(
          (name) => ({ name }),
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        const input = edit(emptyInput, ...keys);
        expect(input.text.length).toBeLessThanOrEqual(20);
        expect(splitGraphemes(input.text.slice(0, input.cursor)).join('')).toBe(
          input.text.slice(0, input.cursor),
        );
        expect(input.cursor).toBeLessThanOrEqual(input.text.length);
      }),
    );
  });
});

test('keys that arrive in one piece on a slow line are taken one by one', () => {
  const none = {
    upArrow: false,
    downArrow: false,
    leftArrow: false,
    rightArrow: false,
    pageDown: false,
    pageUp: false,
    home: false,
    end: false,
    return: false,
    escape: false,
    ctrl: false,
    shift: false,
    tab: false,
    backspace: false,
    delete: false,
    meta: false,
    super: false,
    hyper: false,
    capsLock: false,
    numLock: false,
  };
  expect(keysOf('3\ryes\r\t', none)).toEqual([
    char('3'),
    enter,
    char('y'),
    char('e'),
    char('s'),
    enter,
    { name: 'tab' },
  ]);
  expect(keysOf('c', { ...none, ctrl: true })).toEqual([{ name: 'ctrl-c' }]);
  expect(keysOf('x', { ...none, meta: true })).toEqual([{ name: 'other' }]);
});
