import { describe, expect, test } from 'vitest';
import { renderPlanPreview } from '../../src/language/index.js';
import { compose, planOf } from './composing.js';
import { runbookText } from './examples.js';
import { edit } from './reading.js';
import { vocabulary } from './vocabulary.js';

const preview = (runbook = runbookText) => renderPlanPreview(planOf(compose({ runbook })), vocabulary);
const text = preview().join('\n');

describe('what a plan shows before anything is touched', () => {
  test.each([
    'DRILL: First quarter 2027, database corruption',
    'RTO 4h 00m 00s, RPO 1h 00m 00s, expected 2h 00m 00s',
    'Incident commander (incident-commander): Ana, +63 917 000 1111',
    'observer     Dan',
    'corrupt-heap-pages, 10.0s after the start',
    'Queries fail with "could not read block" (seen by people)',
    'Acceptance: all green for 5.0s without a break',
    'content (critical), weight 1',
    'Before: Before the drill (before-the-drill)',
    'Phase: Assessment (assessment), target 15m 00s',
    '- extent: Find the damaged relations by database-lead, Ben',
    'why: Which relations are damaged decides how we come back.',
    'if it fails: Treat the whole cluster as damaged',
    'asks: severity (P0 | P1 | P2 | P3): How severe is it?',
    'option whole: Restore the whole database',
    'does (can destroy data): postgres.restore',
    'approval: by incident-commander, not by who carries it out; incident-commander may go on alone with a reason',
    'undo: none, the damaged cluster is evidence',
    'waits: until the service is accepted, every 1.0s',
    'due within 10m 00s of declared',
    'Always: Obligations (always)',
    'customer-initial, to customers',
  ])('%s', (line) => {
    expect(text).toContain(line);
  });

  test('shows every command of every action: step, check, undo, fault, sign, acceptance', () => {
    for (const name of vocabulary.actions.keys()) {
      if (runbookText.includes(`uses: ${name}`)) expect(text).toContain(`$ ${name}`);
    }
    expect(text).toContain('damage corrupt-heap-pages');
  });

  test('shows which keys the mode has replaced, and conditions', () => {
    const lines = preview(
      edit(
        runbookText,
        '        uses: service.stop\n',
        '        uses: service.stop\n        when: {any: [{step: extent, is: failed}, {not: {answer: declare.severity, equals: P3}}]}\n        drill: {timeout: 5s}\n',
      ),
    );
    expect(lines).toContain('      overridden for drill: timeout');
    expect(lines).toContain('      when: step extent failed or (not (answer declare.severity is "P3"))');
  });

  test('is plain text: one line an entry, no control characters', () => {
    for (const line of preview()) expect(line).toMatch(/^[^\p{Cc}]*$/u);
  });
});
