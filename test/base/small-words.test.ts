import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  didYouMean,
  Failure,
  failureData,
  failureReasons,
  isRunId,
  makeRunId,
  sha256Hex,
  shortCode,
} from '../../src/base/index.js';

describe('canonical JSON', () => {
  test.each([
    [{ b: 1, a: { d: [2, { y: 1, x: 2 }], c: null } }, '{"a":{"c":null,"d":[2,{"x":2,"y":1}]},"b":1}'],
    [{ 9: 'nine', 10: 'ten', a: 0 }, '{"10":"ten","9":"nine","a":0}'],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
    [{ é: 1, z: 2, Z: 3, '😀': 4, '\uffff': 5 }, '{"Z":3,"z":2,"é":1,"😀":4,"\uffff":5}'],
    ['a"\n', '"a\\"\\n"'],
    [-0, '0'],
  ])('%j', (value, text) => expect(canonicalJson(value)).toBe(text));

  test('is JSON of the same value, the same whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        const text = canonicalJson(value);
        expect(canonicalJson(turned)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('a member called __proto__ counts', () => {
    expect(canonicalJson(JSON.parse('{"__proto__": 1}'))).toBe('{"__proto__":1}');
  });
});

test.each([
  ['valdiate', ['validate', 'schema'], 'validate'],
  ['RUNBOOK', ['Drill', 'Runbook'], 'Runbook'],
  ['dril', ['grill', 'DRILL'], 'DRILL'],
  ['production', ['lab', 'drill'], undefined],
  ['x', [], undefined],
])('%s among %j was meant as %s', (word, allowed, meant) => expect(didYouMean(word, allowed)).toBe(meant));

describe('run ids', () => {
  test('sort by their start and are known again', () => {
    const at = Date.UTC(2027, 0, 17, 1, 2, 3, 456);
    expect(makeRunId(at, 'database-corruption', 'k3f9')).toBe('2027-01-17T010203Z-database-corruption-k3f9');
    const instant = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [one, other] = [makeRunId(a, 'x', 'k3f9'), makeRunId(b, 'x', 'k3f9')];
        expect(isRunId(one)).toBe(true);
        if (Math.floor(a / 1000) < Math.floor(b / 1000)) expect(one < other).toBe(true);
      }),
    );
  });

  test.each([
    '',
    'latest',
    '2027-01-17T010203Z-x',
    '2027-01-17T010203Z-../x-k3f9',
    '2027-01-17T010203Z-x-k3f9/..',
    '2027-01-17T010203Z-X-k3f9',
    ' 2027-01-17T010203Z-x-k3f9',
  ])('%j is none', (text) => expect(isRunId(text)).toBe(false));
});

describe('failures', () => {
  test('only what may pass by itself is worth another try, unless told', () => {
    const retryable = failureReasons.filter((reason) => new Failure(reason, 'x').retryable);
    expect(retryable).toEqual(['timeout', 'unavailable']);
    expect(new Failure('check', 'x', { retryable: true }).retryable).toBe(true);
    expect(new Failure('timeout', 'x', { retryable: false }).retryable).toBe(false);
  });

  test('as data they keep what a reader needs, and no cause', () => {
    const failure = new Failure('refused', 'm', { hint: 'h', cause: new Error('secret') });
    expect(failureData(failure)).toEqual({ reason: 'refused', message: 'm', hint: 'h', retryable: false });
    expect(failure.cause).toBeInstanceOf(Error);
    expect(failureData(new Failure('check', 'm'))).not.toHaveProperty('hint');
    expect('cause' in new Failure('check', 'm')).toBe(false);
  });
});

test('the short code is the beginning of the hash of the exact bytes', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex(new TextEncoder().encode('ä'))).toBe(sha256Hex('ä'));
  expect(shortCode(sha256Hex('abc'))).toBe('ba7816bf8f01');
});
