import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable, printableLines } from '../../src/base/index.js';

describe('text from elsewhere', () => {
  test.each([
    ['colours', 'a\u001b[31mred\u001b[0m', 'ared'],
    ['a window title', '\u001b]0;title\u0007x', 'x'],
    ['a link', '\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['an unterminated sequence', 'a\u001b]52;c;evil', 'a'],
    ['the other screen', '\u001b[?1049lx', 'x'],
    ['a one-byte CSI', '\u009b31mz', 'z'],
    ['a device control string', '\u001bPq..\u001b\\end', 'end'],
    ['carriage return and bell', 'a\rb\u0007c', 'abc'],
    ['a bidi override', 'a\u202eb', 'ab'],
    ['joiners and flags', '\u{1f468}\u200d\u{1f469} \u{1f1e9}\u{1f1ea}', '?? ??'],
    ['a tab', 'a\tb', 'a    b'],
    ['a line end', 'a\r\nb', 'a b'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('what people write stays as it is', () => {
    for (const text of ['Zürich — 50 %', '日本語', '100 # * ©', '✓ done']) expect(printable(text)).toBe(text);
  });

  test('nothing that steers a terminal is ever left', () => {
    const parts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b[', '\u001b]', '\u0007', '\u009b', '\u001bP', '\u001b\\'),
    );
    fc.assert(
      fc.property(fc.array(parts), (all) => {
        for (const line of printableLines(all.join('')))
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
