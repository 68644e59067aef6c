import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readReport } from './support/record.js';
import { caughtIn, runSabotage } from './support/sabotage.js';

let programme: Programme;
afterEach(() => programme.remove());

describe('a drill whose second region has stopped following', () => {
  it('is never green, although the received log brings back everything that the standby lacked', async () => {
    programme = makeProgramme();
    programme.edit('firedrill.yaml', 'scale: 1', 'scale: 0.5');
    programme.edit('runbooks/datacenter-outage.yaml', 'hold: 5s', 'hold: 2s');
    const record = await runSabotage(programme, 'stale-standby', 1);
    const { outcome, measures, findings, score } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'inconclusive' });
    expect(outcome.because).toMatch(
      /^the standby was not shown to follow when the disaster struck \(it follows nobody/,
    );
    expect(findings[0]).toMatchObject({ id: 'standby-stale', class: 'high' });
    expect(score.caps.map((cap) => cap.id)).toContain('CF-11');
    const [given] = entriesOf(record, 'step-succeeded', { step: 'catch-up' });
    const { commits } = given?.data['outputs'] as { commits: number };
    expect(commits).toBeGreaterThan(0);
    expect(measures.loss.missing).toEqual([]);
    expect(measures.loss.missing).toEqual(recompute(record).lost);
    expect(caughtIn(record).markdown).toMatch(
      new RegExp(`✓ Replay in region B the received log.*lacked ${commits} commits`),
    );
  });
});
