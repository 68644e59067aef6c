import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize, sayDuration } from '../../src/base/index.js';

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1m1ms', 60_001],
    ['0s', 0],
  ])('%s is read', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '5', 's', '-5s', '5 s', '5S', '1h 30m', '1e3s', '.5s', '5sec', '5s\n', '٥s', 'PT5S'])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );

  test.each([
    [0, '0ms'],
    [-0.2, '0ms'],
    [250.4, '250ms'],
    [999.4, '999ms'],
    [999.6, '1.0s'],
    [4290, '4.2s'],
    [59_999, '59.9s'],
    [59_999.7, '1m 00s'],
    [900_000, '15m 00s'],
    [3_599_999, '59m 59s'],
    [7_449_000, '2h 04m 09s'],
    [360_000_000, '100h 00m 00s'],
    [-61_000, '-1m 01s'],
  ])('%d ms is shown as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test.each([
    [0, '0 seconds'],
    [400, '0 seconds'],
    [1000, '1 second'],
    [900_000, '15 minutes'],
    [3_600_000, '1 hour'],
    [5_400_000, '1 hour 30 minutes'],
    [14_400_000, '4 hours'],
    [259_200_000, '72 hours'],
  ])('%d ms is said as %s', (ms, text) => expect(sayDuration(ms)).toBe(text));

  test('what is shown is never more than was measured, and never a unit less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), (ms) => {
        const again = parseDuration(formatDuration(ms).replaceAll(' ', '')) ?? NaN;
        expect(again).toBeLessThanOrEqual(ms);
        expect(ms - again).toBeLessThan(ms < 1000 ? 1 : ms < 60_000 ? 100 : 1000);
      }),
    );
  });
});

describe('sizes', () => {
  test.each([
    ['100B', 100],
    ['512MB', 512e6],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['1 kB', 1000],
    ['2TiB', 2 * 1024 ** 4],
  ])('%s is read', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', '100', '1KB', '1kb', '-1B', '1  kB', '1MB ', '1.MB', 'MB'])('%j is none', (text) =>
    expect(parseSize(text)).toBeUndefined(),
  );

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [999_999_999, '1.0 GB'],
    [12e9, '12.0 GB'],
    [5e15, '5000.0 TB'],
  ])('%d bytes are shown as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
});
