import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectTo, type ClusterLocation } from '../../src/postgres/index.js';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';
import { caughtIn, expectUnprotected } from './support/sabotage.js';

const drill = 'drills/sabotage/frozen-log-receiver.yaml';
let programme: Programme;
afterEach(() => programme.remove());

/** A server gives a silent receiver up after a minute unless it is told otherwise; here after five seconds. */
async function giveUpSooner(): Promise<void> {
  const lab = join(programme.directory, '.firedrill', 'labs', programme.runId(), 'lab.json');
  const { clusters } = JSON.parse(readFileSync(lab, 'utf8')) as { clusters: { location: ClusterLocation }[] };
  const session = await connectTo(clusters[0]!.location);
  await session.query(`alter system set wal_sender_timeout = '5s'`);
  await session.query('select pg_reload_conf()');
  await session.end();
}

describe('a drill whose receiver of the log is frozen', () => {
  it('is never green: it looked alive, and what was committed meanwhile is lost and counted', async () => {
    programme = makeProgramme();
    programme.edit(drill, 'delay: 5s', 'delay: 500ms');
    const running = programme.start('drill', drill, '--unattended', '--view', 'plain');
    await programme.entry('environment-opened');
    await giveUpSooner();
    const ended = await running.ended;
    expectExit(ended, 1);
    expect(ended.stdout).toMatch(/^Outcome +. completed, objectives inconclusive$/m);
    expect(ended.stdout).toMatch(
      /^Because +the log did not reach the second place when the disaster struck/m,
    );
    const record = programme.record();
    expectUnprotected(record);
    const own = recompute(record);
    expect(own.lost.length).toBeGreaterThan(0);
    expect(readReport(record).assessment.measures.loss.missing).toEqual(own.lost);
    expect(caughtIn(record).markdown).toMatch(/✓ Find the newest usable backup.*NOT every commit/);
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });
});
