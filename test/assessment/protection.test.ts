import { describe, expect, test } from 'vitest';
import { assess, protectionOf, type RunRecord } from '../../src/assessment/index.js';
import { buildReport, renderMarkdown, renderSummary } from '../../src/report/index.js';
import type { Protection } from '../../src/run/index.js';
import type { JsonObject } from '../../src/base/index.js';
import { makePlan, phase, uses } from './plan-fixture.js';
import { buildRun } from './run-fixture.js';

/** A run that loses 5 commits, within its RPO, and in which the protection was measured before the disaster. */
function played(protection?: Protection): RunRecord {
  const record = buildRun({ lost: 5 }).record();
  if (protection === undefined) return record;
  return {
    ...record,
    entries: record.entries.map((entry) =>
      entry.type === 'fault-injected' ? { ...entry, data: { ...entry.data, protection } } : entry,
    ),
  };
}
const said = 'NOT every commit: the server is at 0/5000, received only up to 0/4000';

describe('protection that was not there when the disaster struck', () => {
  test('no objective is met, a high finding caps the score, and the first lines say why', () => {
    const record = played({ reach: 'incomplete', said });
    const assessment = assess(record);
    expect(assessment.outcome.verdict).toBe('inconclusive');
    expect(assessment.outcome.verdictBecause).toContain(said);
    const [first] = assessment.findings;
    expect(first).toMatchObject({
      id: 'log-not-received',
      class: 'high',
      evidence: [protectionOf(record)?.seq],
    });
    expect(assessment.score.caps.map((cap) => cap.id)).toContain('CF-11');
    const report = buildReport(record, assessment);
    expect(renderMarkdown(report)).toContain(`✗ ${said}`);
    expect(renderSummary(report, { colour: false }).find((line) => line.startsWith('Data loss'))).toMatch(
      /^Data loss +! 5 of 25 acknowledged commits lost/,
    );
  });

  test.each([
    ['received', { reach: 'complete', said: 'every commit up to 0/5000' }, 'met'],
    ['not known', { reach: 'not-known', said: 'the server does not answer' }, 'inconclusive'],
    ['not measured, as in older records', undefined, 'met'],
  ] as const)('log %s: %s', (_what, protection, verdict) => {
    const record = played(protection);
    const assessment = assess(record);
    expect(assessment.outcome.verdict).toBe(verdict);
    const found = assessment.findings.some((one) => one.id === 'log-not-received');
    expect(found).toBe(verdict !== 'met');
    const row = 'The log at the second place, right before the disaster';
    expect(renderMarkdown(buildReport(record, assessment)).includes(row)).toBe(protection !== undefined);
  });
});

describe('a standby that had stopped following', () => {
  test('no objective is met although the log was received, and the report says both', () => {
    const record = played({ reach: 'complete', said: 'every commit', standby: `it follows nobody; ${said}` });
    const assessment = assess(record);
    expect(assessment.outcome.verdict).toBe('inconclusive');
    expect(assessment.outcome.verdictBecause).toMatch(
      /^the standby was not shown to follow .*it follows nobody, NOT/,
    );
    expect(assessment.findings[0]).toMatchObject({ id: 'standby-stale', class: 'high' });
    expect(assessment.findings.map((one) => one.id)).not.toContain('log-not-received');
    const report = renderMarkdown(buildReport(record, assessment));
    expect(report).toContain('✓ every commit');
    expect(report).toContain('✗ it follows nobody');
  });
});

describe('a newer backup that was not usable', () => {
  /** A whole run in which the step `extent` is the search for a backup, and says this. */
  function searched(outputs: JsonObject, action: string, from: string, protection?: Protection): RunRecord {
    const { phases } = makePlan();
    const find = uses('extent', action, { call: { uses: action, with: { from } } });
    const plan = makePlan({
      phases: phases.map((one) =>
        one.id === 'assessment'
          ? phase('assessment', 15, [find, ...one.steps.filter((step) => step.id !== 'extent')])
          : one,
      ),
    });
    const record = buildRun({ plan }).record();
    return {
      ...record,
      entries: record.entries.map((entry) => {
        if (entry.type === 'step-succeeded' && entry.data.step === 'extent')
          return { ...entry, data: { ...entry.data, outputs } };
        return entry.type === 'fault-injected' && protection !== undefined
          ? { ...entry, data: { ...entry.data, protection } }
          : entry;
      }),
    };
  }
  const rotten = { passedOver: ['set-2: cut off; no end'] };
  const complete = { reach: 'complete', said: 'every commit' } as const;

  test('is a high finding and no met objective, though nothing was lost', () => {
    const { outcome, findings } = assess(searched(rotten, 'postgres.usable-backup', 'own', complete));
    expect(outcome).toMatchObject({
      verdict: 'inconclusive',
      verdictBecause:
        'the newest backup was not usable, and only an older one was left (set-2: cut off, no end)',
    });
    expect(findings[0]).toMatchObject({
      id: 'backup-not-usable:1',
      class: 'high',
      text: 'a newer backup was not usable: set-2: cut off; no end',
    });
    expect(findings[0]?.evidence).toHaveLength(1);
  });

  test.each([
    ['nothing passed over', { passedOver: [] }, 'postgres.usable-backup', 'own', complete],
    ['outside, by design', rotten, 'postgres.usable-backup', 'immutable', complete],
    ['another action', rotten, 'shell.run', 'own', complete],
    ['an older record', rotten, 'postgres.usable-backup', 'own', undefined],
  ] as const)('%s: met', (_what, outputs, action, from, protection) => {
    const { outcome, findings } = assess(searched({ ...outputs }, action, from, protection));
    expect(outcome.verdict).toBe('met');
    expect(findings.filter((one) => one.id.startsWith('backup-not-usable'))).toEqual([]);
  });
});
