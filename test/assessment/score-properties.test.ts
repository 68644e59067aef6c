import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundHalfUp, scoreFromInputs, type ScoreInputs } from '../../src/assessment/index.js';
import { objectivePoints, pacePoints, targetPoints } from '../../src/assessment/formulas.js';
import { goldenInputs, sure } from './golden-fixture.js';
import { minute } from './plan-fixture.js';

const verdict = fc.constantFrom('pass' as const, 'fail' as const, 'not-run' as const);
const maybeMs = fc.option(fc.integer({ min: -minute, max: 600 * minute }));

/** Any run at all, as far as the score can tell. */
const anyInputs: fc.Arbitrary<ScoreInputs> = fc
  .record({
    rta: maybeMs,
    rpa: maybeMs,
    verdicts: fc.array(
      fc.record({ verdict, critical: fc.boolean(), weight: fc.integer({ min: 1, max: 9 }) }),
      { maxLength: 6 },
    ),
    steps: fc.array(fc.record({ succeeded: fc.boolean(), manualHelp: fc.boolean() }), { maxLength: 6 }),
    deviations: fc.nat({ max: 9 }),
    actuals: fc.array(maybeMs, { minLength: 5, maxLength: 5 }),
    sent: fc.array(fc.record({ sent: fc.boolean(), actualMs: maybeMs, unfilled: fc.nat({ max: 2 }) }), {
      maxLength: 5,
    }),
    controlsMet: fc.nat({ max: 8 }),
    highFinding: fc.boolean(),
    unattended: fc.boolean(),
  })
  .map((any) => {
    const base = goldenInputs({ rta: 1, rpa: 1, controlsMet: any.controlsMet, highFinding: any.highFinding });
    return {
      ...base,
      unattended: any.unattended,
      rta: { ...sure, valueMs: any.rta },
      rpa: { ...sure, valueMs: any.rpa },
      checks: any.verdicts.map((one, index) => ({ ...sure, id: `c${index}`, ...one })),
      automaticSteps: any.steps.map((one, index) => ({ ...sure, id: `s${index}`, ...one })),
      deviations: { ...sure, count: any.deviations },
      phases: base.phases.map((one, index) => ({ ...one, actualMs: any.actuals[index] ?? null })),
      responseElapsedMs: null,
      messages: any.sent.map((one, index) => ({ ...sure, id: `m${index}`, deadlineMs: minute, ...one })),
    };
  });

/** A run that is not rated stands below every rated one. */
const height = (inputs: ScoreInputs) => scoreFromInputs(inputs).final ?? -1;

describe('whatever the run', () => {
  test('every category, the raw and the final score lie within 0..100, and the final never above the raw', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const score = scoreFromInputs(inputs);
        for (const category of score.categories) {
          expect(category.points ?? 0).toBeGreaterThanOrEqual(0);
          expect(category.points ?? 0).toBeLessThanOrEqual(100 + 1e-9);
        }
        expect(score.raw).toBeGreaterThanOrEqual(0);
        expect(score.raw).toBeLessThanOrEqual(100);
        if (score.final !== null) expect(score.final).toBeLessThanOrEqual(score.raw ?? 0);
      }),
    );
  });

  test('the score never rises when a check turns from pass to fail, or was not run', () => {
    fc.assert(
      fc.property(
        anyInputs,
        fc.nat(),
        fc.constantFrom('fail' as const, 'not-run' as const),
        (inputs, which, to) => {
          fc.pre(inputs.checks.length > 0);
          const index = which % inputs.checks.length;
          const set = (one: 'pass' | 'fail' | 'not-run') => ({
            ...inputs,
            checks: inputs.checks.map((check, at) => (at === index ? { ...check, verdict: one } : check)),
          });
          expect(height(set(to))).toBeLessThanOrEqual(height(set('pass')));
        },
      ),
    );
  });

  test('not measured never gives points', () => {
    fc.assert(
      fc.property(anyInputs, fc.constantFrom('rta' as const, 'rpa' as const), (inputs, which) => {
        const without = {
          ...inputs,
          [which]: { ...sure, provenance: 'not-measured' as const, valueMs: null },
        };
        expect(scoreFromInputs(without).raw).toBeLessThanOrEqual(scoreFromInputs(inputs).raw ?? 0);
        expect(scoreFromInputs(without).notMeasured.length).toBeGreaterThan(0);
      }),
    );
  });

  test('more deviations, help or failures never help', () => {
    fc.assert(
      fc.property(anyInputs, fc.nat(), (inputs, which) => {
        const more = { ...inputs, deviations: { ...inputs.deviations, count: inputs.deviations.count + 1 } };
        expect(height(more)).toBeLessThanOrEqual(height(inputs));
        fc.pre(inputs.automaticSteps.length > 0);
        const index = which % inputs.automaticSteps.length;
        const worse = (change: { succeeded?: boolean; manualHelp?: boolean }) => ({
          ...inputs,
          automaticSteps: inputs.automaticSteps.map((step, at) =>
            at === index ? { ...step, ...change } : step,
          ),
        });
        expect(height(worse({ succeeded: false }))).toBeLessThanOrEqual(height(worse({ succeeded: true })));
        expect(height(worse({ manualHelp: true }))).toBeLessThanOrEqual(height(worse({ manualHelp: false })));
      }),
    );
  });
});

describe('the formulas', () => {
  test.each([
    [0, 100],
    [0.75, 100],
    [0.875, 95],
    [1, 90],
    [1.0000001, 59],
    [1.25, 29.5],
    [1.5, 0],
    [9, 0],
  ])('points for an objective at ratio %d are %d', (ratio, points) => {
    expect(objectivePoints(ratio, 1.5)).toBeCloseTo(points, 4);
  });
  test.each([
    [0, 100],
    [1, 100],
    [1.5, 50],
    [2, 0],
    [5, 0],
  ])('points for pace at ratio %d are %d', (ratio, points) => {
    expect(pacePoints(ratio)).toBeCloseTo(points, 10);
  });
  test('an objective of nothing gives all or nothing', () => {
    expect([0, 1].map((actual) => targetPoints(actual, 0, 2))).toEqual([100, 0]);
  });
  test.each([
    [94.25, 94.3],
    [94.24, 94.2],
    [0.05, 0.1],
    [79.95, 80],
    [1.005, 1],
  ])('%d rounds to %d', (value, rounded) => {
    expect(roundHalfUp(value)).toBe(rounded);
  });
});
