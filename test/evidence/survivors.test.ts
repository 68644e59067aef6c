import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSurvivors, encodeSurvivors } from '../../src/evidence/index.js';

test('runs of ids become ranges', () => {
  expect(encodeSurvivors([3, 1, 2, 60, 2])).toBe('{"ranges":[[1,3],[60,60]]}\n');
  expect(encodeSurvivors([])).toBe('{"ranges":[]}\n');
});

test('what was written is read back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(2000)), (ids) => {
      expect(decodeSurvivors(encodeSurvivors(ids))).toEqual(ids.toSorted((a, b) => a - b));
    }),
  );
});

test('a plain list is read too', () => {
  expect(decodeSurvivors('{"ids":[5,1,5]}')).toEqual([1, 5]);
});

test.each([
  'x',
  '[]',
  '{}',
  '{"ids":[1.5]}',
  '{"ids":["1"]}',
  '{"ranges":[[2,1]]}',
  '{"ranges":[[1,3],[3,4]]}',
  '{"ranges":[[5,6],[1,2]]}',
  '{"ranges":[[1]]}',
  '{"ranges":[[0,9007199254740991]]}',
  '{"ranges":[[0,1e999]]}',
])('is no list: %s', (text) => {
  expect(decodeSurvivors(text)).toBeNull();
});
