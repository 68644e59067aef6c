import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readReport } from './record.js';

/** The rows of the report that say what caught a sabotage, as Markdown and as text of the HTML. */
export function caughtIn(record: string): { readonly markdown: string; readonly html: string } {
  const after = (text: string) => text.slice(text.indexOf('Sabotage of the recovery, and what caught it'));
  const markdown = after(readFileSync(join(record, 'report.md'), 'utf8')).split('\n\n')[1]!;
  const html = after(readFileSync(join(record, 'report.html'), 'utf8')).replaceAll(/<[^>]*>/g, ' ');
  return { markdown, html: html.slice(0, html.indexOf('Every step')) };
}

/** Within the RPO, and yet not met: the first lines of the report and the gravest finding say that the log was not received. */
export function expectUnprotected(record: string): void {
  const { outcome, findings, score } = readReport(record).assessment;
  expect(outcome).toMatchObject({
    status: 'completed',
    verdict: 'inconclusive',
    saidVerdict: 'inconclusive',
  });
  expect(outcome.because).toMatch(
    /^the log did not reach the second place when the disaster struck.*receiver.*NOT every commit: the server is at/,
  );
  expect(findings[0]).toMatchObject({ id: 'log-not-received', class: 'high' });
  expect(score.caps.map((cap) => cap.id)).toContain('CF-11');
}
