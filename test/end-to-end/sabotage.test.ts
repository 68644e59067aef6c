import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readReport } from './support/record.js';
import { caughtIn, expectUnprotected, runSabotage } from './support/sabotage.js';

let programme: Programme;
afterEach(() => programme.remove());

/** Runs one drill in which the recovery itself is broken. */
async function sabotaged(name: string, code: number): Promise<string> {
  programme = makeProgramme();
  return runSabotage(programme, name, code);
}

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
});
