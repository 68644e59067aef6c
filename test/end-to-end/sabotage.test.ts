import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';
import { caughtIn, expectUnprotected } from './support/sabotage.js';

let programme: Programme;
afterEach(() => programme.remove());

/** Runs one drill in which the recovery itself is broken; checks what must hold however it ends. */
async function sabotaged(name: string, code: number): Promise<string> {
  programme = makeProgramme();
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

const stepsOf = (record: string, type: string) =>
  entriesOf(record, type).map((entry) => entry.data['step'] as string);

describe('a drill whose recovery is broken too', () => {
  it('newest backup broken: it is passed over by name, and the older one brings everything back', async () => {
    const record = await sabotaged('broken-newest-backup', 1);
    const { outcome, measures, findings, score } = readReport(record).assessment;
    // Nothing was lost and all was quick, but only because there was an older one.
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'inconclusive' });
    expect(outcome.because).toMatch(/^the newest backup was not usable, and only an older one was left/);
    expect(findings[0]).toMatchObject({ id: 'backup-not-usable:1', class: 'high' });
    expect(score.caps.map((cap) => cap.id)).toContain('CF-11');
    expect(measures.loss.missing).toEqual([]);
    expect(measures.loss.missing).toEqual(recompute(record).lost);
    const { groundTruth } = entriesOf(record, 'fault-injected', { sabotage: true })[0]!.data as {
      groundTruth: { backup: string; sound: string };
    };
    expect(entriesOf(record, 'step-succeeded', { step: 'restore' })[0]!.data['outputs']).toMatchObject({
      backup: groundTruth.sound,
    });
    const { markdown, html } = caughtIn(record);
    expect(markdown).toMatch(/cuts the largest file of it in half.*✓ Find the newest usable backup/);
    for (const text of [markdown, html]) {
      expect(text).toContain(groundTruth.backup);
      expect(text).toMatch(/bytes instead of/);
    }
  });

  it('receiver dead: never green however little was lost, and the loss is what an independent count gives', async () => {
    const record = await sabotaged('stopped-log-receiver', 1);
    expectUnprotected(record);
    const own = recompute(record);
    expect(own.lost.length).toBeGreaterThan(0);
    expect(readReport(record).assessment.measures.loss.missing).toEqual(own.lost);
    expect(caughtIn(record).markdown).toMatch(/✓ Find the newest usable backup.*NOT every commit/);
  });

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
