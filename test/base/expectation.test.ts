import { describe, expect, test } from 'vitest';
import { compareOutputs, meets, type Expectation, type Json } from '../../src/base/index.js';

const cases: readonly [Expectation, readonly Json[], readonly Json[]][] = [
  [{ equals: 0 }, [0], [1, null, '0', false, []]],
  [{ equals: null }, [null], [0, '', false]],
  [{ equals: { a: 1, b: [2] } }, [{ b: [2], a: 1 }], [{ a: 1 }, { a: 1, b: [2], c: 3 }, [1, 2]]],
  [{ equals: [1, 2] }, [[1, 2]], [[2, 1], '1,2']],
  [{ not: 'a' }, ['b', null, 1], ['a']],
  [{ atLeast: 1 }, [1, 1.5], [0.9, '2', null, true]],
  [{ atMost: 1 }, [1, -5], [1.1, '0', null, false, []]],
  [{ within: '15m' }, [900_000, 0], [900_001, '1', null]],
  [{ within: 'soon' }, [], [0, 1]],
  [{ matches: '^[a-z]+$' }, ['abc'], ['aB', '', 7, null, ['abc']]],
  [{ oneOf: [1, 'two', null] }, [1, 'two', null], [2, '1', []]],
  [{ oneOf: [] }, [], [null, 0]],
  [{ atLeast: 1, atMost: 3, not: 2 }, [1, 3], [0, 2, 4]],
];

describe('what a value must be', () => {
  test.each(cases)('%j', (expected, good, bad) => {
    for (const value of good) expect([value, meets(expected, value)]).toEqual([value, true]);
    for (const value of bad) expect([value, meets(expected, value)]).toEqual([value, false]);
  });

  test('an expectation that names nothing is never met', () => {
    for (const value of [true, null, 0, '', []]) expect(meets({}, value)).toBe(false);
  });
});

describe('the outputs of a check', () => {
  test('without expectations the output `ok` must be true, and nothing like it', () => {
    for (const [ok, met] of [
      [true, true],
      [false, false],
      ['true', false],
      [1, false],
      [null, false],
    ] as const)
      expect(compareOutputs({ ok }, undefined)).toEqual([
        { name: 'ok', expected: { equals: true }, actual: ok, met },
      ]);
    expect(compareOutputs({}, undefined)[0]).toMatchObject({ actual: null, met: false });
  });

  test('an output that was not given meets nothing, whatever is expected of it', () => {
    const expected = { gone: { not: 1 }, empty: { equals: null }, toString: { not: 1 } };
    expect(compareOutputs({ empty: null }, expected).map(({ name, met }) => [name, met])).toEqual([
      ['gone', false],
      ['empty', true],
      ['toString', false],
    ]);
  });
});
