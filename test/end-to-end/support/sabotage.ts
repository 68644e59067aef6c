import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nothingLeft, type Programme } from './programme.js';
import { readReport } from './record.js';
import { expectExit } from './run-program.js';

/** Runs one drill in which the recovery itself is broken, with short waits; checks what must hold however it ends. */
export async function runSabotage(programme: Programme, name: string, code: number): Promise<string> {
  const file = `drills/sabotage/${name}.yaml`;
  programme.edit(file, 'delay: 5s', 'delay: 500ms');
  if (name === 'absent-approver') programme.edit(file, 'absent: 10s', 'absent: 2s');
  const ended = await programme.run('drill', file, '--unattended', '--view', 'plain');
  expectExit(ended, code);
  const record = programme.record();
  expect(programme.leftovers()).toEqual(nothingLeft);
  expectExit(await programme.run('audit', record), 0);
  return record;
}

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
