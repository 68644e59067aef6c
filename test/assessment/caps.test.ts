import { describe, expect, test } from 'vitest';
import {
  bindingCaps,
  scoreFromInputs,
  type Conditions,
  type ScoreInputs,
} from '../../src/assessment/index.js';
import { allHolds, goldenInputs, sure } from './golden-fixture.js';
import { minute } from './plan-fixture.js';

const good = goldenInputs({ rta: 138, rpa: 47, controlsMet: 8, highFinding: false });
const broken = (name: keyof Conditions): Conditions => ({
  ...allHolds,
  [name]: { ...sure, holds: false, note: `${name} does not hold` },
});
const phase = (index: number, change: Partial<ScoreInputs['phases'][number]>): Partial<ScoreInputs> => ({
  phases: good.phases.map((one, at) => (at === index ? { ...one, ...change } : one)),
});

const alone: readonly [string, string, Partial<ScoreInputs>, number | null, string][] = [
  ['CF-02', 'a phase without machine-made end', phase(1, { unbounded: true }), null, 'no machine-made'],
  ['CF-02', 'a phase that lasted nothing', phase(0, { actualMs: 0 }), null, 'lasted 0 ms'],
  ['CF-02', 'a phase that ran backwards', phase(0, { actualMs: -5 }), null, 'lasted -5 ms'],
  ['CF-02', 'a recovery time of zero', { rta: { ...sure, valueMs: 0 } }, null, 'recovery time is 0 ms'],
  [
    'CF-02',
    'three phases equal to their plan',
    { phases: good.phases.map((one, at) => (at < 2 ? { ...one, actualMs: one.targetMs + 400 } : one)) },
    null,
    '3 phases equal',
  ],
  ['CF-02', 'phases longer than what passed', { responseElapsedMs: 100 * minute }, null, 'more than'],
  ['CF-02', 'an unexplained clock step', { conditions: broken('clockExplained') }, null, 'clockExplained'],
  ['CF-03', 'a walk-through', { conditions: broken('executed') }, null, 'executed'],
  ['CF-04', 'service never verified', { conditions: broken('serviceVerified') }, 49, 'serviceVerified'],
  [
    'CF-05',
    'a critical check not run',
    { checks: good.checks.map((one) => (one.critical ? { ...one, verdict: 'not-run' as const } : one)) },
    49,
    'checksum was not run',
  ],
  ['CF-06', 'a target not approved', { conditions: broken('targetsApproved') }, 49, 'targetsApproved'],
  [
    'CF-07',
    'one millisecond over the RTO',
    { rta: { ...sure, valueMs: 240 * minute + 1 } },
    65,
    'recovery time',
  ],
  ['CF-07', 'any loss with an RPO of nothing', { rpoMs: 0, rpa: { ...sure, valueMs: 1 } }, 65, 'data loss'],
  ['CF-08', 'personal data not protected', { conditions: broken('privacyKept') }, 65, 'privacyKept'],
  ['CF-09', 'a secret in the evidence', { conditions: broken('evidenceClean') }, 65, 'evidenceClean'],
  ['CF-10', 'nobody independent', { conditions: broken('independent') }, 79, 'independent'],
  ['CF-10', 'an unattended run', { unattended: true }, 79, 'scripted operator'],
  ['CF-11', 'an open high finding', { conditions: broken('noHighFinding') }, 79, 'noHighFinding'],
];

describe('each cap alone', () => {
  test.each(alone)('%s: %s', (id, _what, change, limit, reason) => {
    const score = scoreFromInputs({ ...good, ...change });
    expect(score.caps.map((cap) => cap.id)).toEqual([id]);
    expect(score.caps[0]?.reason).toContain(reason);
    expect(score.final).toBe(limit);
    if (limit === null) expect(score.band).toBe('NOT RATED');
    expect(bindingCaps(score).map((cap) => cap.id)).toEqual([id]);
  });

  test('a walk-through has no score and no recovery figures', () => {
    const score = scoreFromInputs({ ...good, conditions: broken('executed') });
    expect(score).toMatchObject({ raw: null, final: null, objectives: [] });
  });

  test('the lowest of several wins, and all are listed', () => {
    const score = scoreFromInputs({
      ...good,
      unattended: true,
      rta: { ...sure, valueMs: 300 * minute },
      conditions: broken('serviceVerified'),
    });
    expect(score.caps.map((cap) => cap.id)).toEqual(['CF-04', 'CF-07', 'CF-10']);
    expect(score.final).toBe(49);
    expect(bindingCaps(score).map((cap) => cap.id)).toEqual(['CF-04']);
  });

  test('a rubric can leave a cap out, but never CF-10 of an unattended run', () => {
    const rubric = { ...good.rubric, caps: [] };
    expect(scoreFromInputs({ ...good, rubric, conditions: broken('independent') }).caps).toEqual([]);
    expect(scoreFromInputs({ ...good, rubric, unattended: true }).final).toBe(79);
  });

  test('what an audit decides never stands in a score', () => {
    const ids = scoreFromInputs({ ...good, unattended: true, conditions: broken('evidenceClean') }).caps.map(
      (cap) => cap.id,
    );
    expect(ids).not.toContain('CF-01');
    expect(ids).not.toContain('CF-12');
  });
});

describe('attested inputs', () => {
  test.each([
    ['participant', 79],
    ['observer', 89],
  ] as const)('by a %s: the category is at most %d', (by, limit) => {
    const rta = { ...good.rta, provenance: 'attested' as const, attestedBy: by };
    const score = scoreFromInputs({ ...good, rta });
    expect(score.categories.find((one) => one.key === 'R')).toMatchObject({
      printed: limit,
      attestedLimit: limit,
    });
  });
});

describe('what does not apply', () => {
  test('its weight is shared out in proportion, and both weightings stand there', () => {
    const score = scoreFromInputs({ ...good, messages: [] });
    const communication = score.categories.find((one) => one.key === 'C');
    expect(communication).toMatchObject({ points: null, weight: 10, effectiveWeight: 0 });
    expect(communication?.notApplicable).toEqual({
      reason: 'the plan requires no message',
      approver: 'the frozen plan',
    });
    expect(score.categories.find((one) => one.key === 'R')?.effectiveWeight).toBeCloseTo(30 / 0.9, 10);
    expect(score.categories.reduce((sum, one) => sum + one.effectiveWeight, 0)).toBeCloseTo(100, 10);
  });
});
