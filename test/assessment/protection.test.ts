import { describe, expect, test } from 'vitest';
import { assess, protectionOf, type RunRecord } from '../../src/assessment/index.js';
import { buildReport, renderMarkdown, renderSummary } from '../../src/report/index.js';
import type { Protection } from '../../src/run/index.js';
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
