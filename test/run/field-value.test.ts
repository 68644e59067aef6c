import { describe, expect, test } from 'vitest';
import { readField } from '../../src/run/index.js';

const nowMs = Date.parse('2027-01-17T01:00:00Z');
const read = (field: Parameters<typeof readField>[0], typed: string) => readField(field, typed, nowMs);
const time = { kind: 'time', prompt: 'Since when?' } as const;
const number = { kind: 'number', prompt: 'How many?', min: 0, max: 10 } as const;

describe('what is typed into a field', () => {
  test.each([
    ['00:58', '2027-01-17T00:58:00.000Z'],
    ['0:58:30', '2027-01-17T00:58:30.000Z'],
    ['23:00', '2027-01-16T23:00:00.000Z'],
    ['08:30 +08:00', '2027-01-17T00:30:00.000Z'],
    ['2027-01-10 14:05', '2027-01-10T14:05:00.000Z'],
    ['2027-01-10T14:05:06Z', '2027-01-10T14:05:06.000Z'],
  ])('the time %s is %s', (typed, value) => {
    expect(read(time, typed)).toEqual({ ok: true, value });
  });

  test.each(['', 'now', '25:00', '12:60', '2027-02-30 10:00', '14h05'])('the time "%s" is none', (typed) => {
    expect(read(time, typed)).toMatchObject({ ok: false });
  });

  test.each([
    ['7', 7],
    [' 2.5 ', 2.5],
    ['0', 0],
  ])('the number %s', (typed, value) => {
    expect(read(number, typed)).toEqual({ ok: true, value });
  });

  test.each(['', '11', '-1', '1e1', '0x3', 'NaN', '٣'])('the number "%s" is none', (typed) => {
    expect(read(number, typed)).toMatchObject({ ok: false });
  });

  test('a confirmation is yes or no in full, and nothing typed is no answer', () => {
    const field = { kind: 'confirm', prompt: 'Sure?' } as const;
    expect(read(field, 'yes')).toEqual({ ok: true, value: true });
    expect(read(field, 'no')).toEqual({ ok: true, value: false });
    for (const typed of ['', 'y', 'YES', 'ok']) expect(read(field, typed)).toMatchObject({ ok: false });
  });

  test('text within its limit, a choice by its words', () => {
    expect(read({ kind: 'text', prompt: '', maxLength: 3 }, 'abc')).toEqual({ ok: true, value: 'abc' });
    expect(read({ kind: 'text', prompt: '', maxLength: 3 }, 'abcd')).toEqual({
      ok: false,
      problem: '4 characters, at most 3 are allowed',
    });
    expect(read({ kind: 'choice', prompt: '', options: ['P0', 'P1'] }, 'P2')).toEqual({
      ok: false,
      problem: 'not one of P0, P1',
    });
  });
});
