import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, type Programme } from './support/programme.js';
import { entriesOf, readReport } from './support/record.js';
import { caughtIn, runSabotage } from './support/sabotage.js';

let programme: Programme;
afterEach(() => programme.remove());

/** Runs one drill in which the recovery itself is broken. */
async function sabotaged(name: string, code: number): Promise<string> {
  programme = makeProgramme();
  return runSabotage(programme, name, code);
}

const stepsOf = (record: string, type: string) =>
  entriesOf(record, type).map((entry) => entry.data['step'] as string);

describe('a drill whose recovery cannot be carried out', () => {
  it.each([
    ['missing-log-segment', /is missing, later ones are there/],
    ['lost-signing-key', /is signed by the unknown key/],
  ])('%s: stopped before anything was put aside, and never green', async (name, says) => {
    const record = await sabotaged(name, 4);
    expect(readReport(record).assessment.outcome.verdict).not.toBe('met');
    expect(stepsOf(record, 'step-started')).not.toContain('set-aside');
    const { markdown } = caughtIn(record);
    expect(markdown.split('\n')).toHaveLength(3);
    expect(markdown).toMatch(/✓ Find the newest usable backup/);
    expect(markdown).toMatch(says);
  });

  it('nobody approves: the time passes, nothing is restored, and never green', async () => {
    const record = await sabotaged('absent-approver', 4);
    expect(readReport(record).assessment.outcome.verdict).not.toBe('met');
    expect(entriesOf(record, 'prompt-overdue')).toHaveLength(1);
    expect(entriesOf(record, 'prompt-withdrawn')[0]!.data['because']).toBe(
      'nobody answered within 2.0s; the drill declares that nobody is there',
    );
    expect(stepsOf(record, 'step-started')).not.toContain('restore');
    expect(caughtIn(record).markdown).toMatch(
      /incident-commander does not answer.*approval of restore was not given/,
    );
  });
});
