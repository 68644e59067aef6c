import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { entriesOf, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';
import { caughtIn } from './support/sabotage.js';

const drill = 'drills/sabotage/slow-store.yaml';
let programme: Programme;
afterEach(() => programme.remove());

describe('a drill whose store with the copies crawls', () => {
  it('stops before hours are spent on it, names the store and its pace, and is never green', async () => {
    programme = makeProgramme();
    programme.edit(
      'firedrill.yaml',
      'scale: 1\n    regions: 1\n    immutableStore',
      'scale: 0.5\n    regions: 1\n    immutableStore',
    );
    programme.edit(drill, 'delay: 5s', 'delay: 500ms');
    programme.edit(drill, 'delay: 6s', 'delay: 500ms');
    const ended = await programme.run('drill', drill, '--unattended', '--view', 'plain');
    expectExit(ended, 4);
    expect(ended.stdout).toMatch(/^Because +.*the store is too slow: s3:\/\/backups\/copy-1 at /m);
    const record = programme.record();
    expect(readReport(record).assessment.outcome.verdict).not.toBe('met');
    const { groundTruth } = entriesOf(record, 'fault-injected', { sabotage: true })[0]!.data as unknown as {
      groundTruth: { before: { bytesPerSecond: number }; after: { bytesPerSecond: number } };
    };
    expect(groundTruth.after.bytesPerSecond).toBeLessThan(groundTruth.before.bytesPerSecond / 10);
    const steps = entriesOf(record, 'step-started').map((entry) => entry.data['step']);
    expect(steps).toContain('pace');
    expect(steps).not.toContain('set-aside');
    const { markdown } = caughtIn(record);
    expect(markdown.split('\n')).toHaveLength(3);
    expect(markdown).toMatch(/✓ Measure how fast the copy can be read.*gives [\d.]+ kB\/s/);
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });
});
