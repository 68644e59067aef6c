import { describe, expect, test } from 'vitest';
import { commitPromise } from '../../src/backup/index.js';

describe('what a server promised about its last commits', () => {
  test.each([
    ['ours', true],
    ['"Ours"', true],
    ['FIRST 1 (ours)', true],
    ['ANY 2 (ours, other)', true],
    ['2 (other, ours)', true],
    ['', false],
    ['  ', false],
    ['other', false],
    // Either of the two may have answered.
    ['ours, other', false],
    ['ANY 1 (other, ours)', false],
    ['FIRST 1 (ours, other)', false],
    // Whoever came first may have answered.
    ['*', false],
  ])('%j: waits for our receiver in every case: %s', (names, kept) => {
    const promise = commitPromise(names, 'ours');
    expect(promise.kept).toBe(kept);
    expect(promise.said).toMatch(kept ? /none may be lost/ : /may be lost/);
  });
});
