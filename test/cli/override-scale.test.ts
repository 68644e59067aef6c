import { describe, expect, test } from 'vitest';
import { Exit } from '../../src/cli/exit.js';
import { overrideScale } from '../../src/cli/override-scale.js';
import { whoseData } from '../../src/cli/lab-seed.js';
import { makePlan } from '../assessment/plan-fixture.js';

const planWith = (settings: Record<string, string | number | object>) =>
  makePlan({ environment: { name: 'lab', kind: 'lab', settings: settings as never } });

describe('--scale', () => {
  test('takes the place of the configured size, which stays in the plan', () => {
    const plan = planWith({ scale: 1, from: 'sample' });
    expect(overrideScale(plan, '20').environment.settings).toEqual({
      ...{ scale: 20, configuredScale: 1, from: 'sample' },
    });
    expect(overrideScale(plan, undefined)).toBe(plan);
  });

  test.each(['big', '', ' ', '0', '-1', '10001', 'NaN', 'Infinity'])('%j is none', (typed) => {
    expect(() => overrideScale(planWith({ scale: 1 }), typed)).toThrow(Exit);
  });

  test.each([
    ['a lab with your own data', { seed: {} }, /seeded from a backup of your own/],
    ['a lab that is there', { directory: 'lab' }, /made beforehand/],
  ])('is refused for %s', (_what, settings, says) => {
    expect(() => overrideScale(planWith({ scale: 1, ...settings }), '2')).toThrow(says);
  });

  test('the record says that it was asked for', () => {
    expect(whoseData({ scale: 20 }, 1, 0)).toEqual({
      data: 'sample database at scale 20, by --scale (configured: 1): mechanism exercised',
    });
    expect(whoseData({ scale: 1 }, null, 0)).toEqual({ data: 'sample database: mechanism exercised' });
  });
});
