import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';

const drill = 'drills/ransomware.yaml';
const runbook = 'runbooks/ransomware.yaml';

let programme: Programme;
afterEach(() => programme.remove());

function quickProgramme(): Programme {
  programme = makeProgramme();
  programme.edit(
    'firedrill.yaml',
    'scale: 1\n    regions: 1\n    immutableStore',
    'scale: 0.5\n    regions: 1\n    immutableStore',
  );
  programme.edit(drill, 'delay: 5s', 'delay: 500ms');
  programme.edit(runbook, 'hold: 5s', 'hold: 2s');
  programme.edit(runbook, 'every: 1s', 'every: 250ms');
  return programme;
}

const start = () => programme.run('drill', drill, '--unattended', '--view', 'plain');
/** Folders of object stores, which lie outside the lab's. */
const objectStores = () => readdirSync('/tmp').filter((name) => name.startsWith('fdo-'));

describe('the shipped drill, unattended', () => {
  it('is met, with every attack answered as it must be, and its loss counted from outside', async () => {
    quickProgramme();
    const before = objectStores();
    const ended = await start();
    expectExit(ended, 0);
    const record = programme.record();
    const own = recompute(record);
    const { outcome, score, measures } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(score.caps.map((cap) => cap.id)).toEqual(['CF-10']);
    expect(score.band).toBe('S');
    expect(measures.loss).toMatchObject({ acknowledged: own.acknowledged, missing: own.lost });
    expect(Math.abs(measures.recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(5);

    const { proof, groundTruth } = entriesOf(record, 'fault-injected')[0]!.data as unknown as Injected;
    expect(proof).toMatchObject({ attempts: 12, denied: 11, answeredOtherwise: [], lostVersions: [] });
    expect(groundTruth.attempts.every((one) => one.versionStays)).toBe(true);
    // The clock starts at the first encrypted byte, and so does what must be lost.
    expect(entriesOf(record, 'clock-marked', { point: 'disruption' })[0]!.data['at']).toBe(proof.at);

    // What the host wrote with a thief's keys is not believed, and the copy outside is where all of it came from.
    const restored = entriesOf(record, 'step-started', { step: 'restore' })[0]!.data['args'];
    expect(restored).toMatchObject({ from: 'immutable', into: 'replacement' });
    expect(entriesOf(record, 'step-succeeded', { step: 'privilege' })).toHaveLength(1);
    expect(entriesOf(record, 'message-sent').map((one) => one.data['to'])).toContain('regulator');
    expect(programme.leftovers()).toEqual(nothingLeft);
    expect(
      objectStores().filter((name) => !before.includes(name) && existsSync(`/tmp/${name}/ceph.conf`)),
    ).toEqual([]);
    expectExit(await programme.run('audit', record), 0);
  });
});

describe('a recovery from ransomware in which the restore does nothing', () => {
  it('is not met: nobody believes the step, the checks after it decide', async () => {
    quickProgramme();
    programme.edit(
      runbook,
      /uses: postgres\.restore\n {8}with:\n(?: {10}.*\n)+/,
      'uses: shell.run\n        with: {command: ["true"]}\n',
    );
    programme.edit(runbook, /\n +check: \{uses: postgres\.restored-from, [^\n]*/, '');
    programme.edit(
      runbook,
      'saves: {backup: backup, recoveredTo: recoveredTo, switchedOff: switchedOff}',
      'saves: {backup: lastLine, recoveredTo: lastLine, switchedOff: lastLine}',
    );
    const ended = await start();
    expect([1, 4]).toContain(ended.code);
    const record = programme.record();
    const { outcome, measures } = readReport(record).assessment;
    expect(outcome.verdict).not.toBe('met');
    expect(measures.recoveryTime.durationMs.value).toBeNull();
    expect(ended.stderr).not.toContain('a bug in firedrill');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});

describe('a drill of ransomware in which nothing is encrypted', () => {
  it('finds nothing wrong, and does not pretend to recover', async () => {
    quickProgramme();
    programme.edit(drill, /^faults:\n.*\n/m, 'faults: []\n');
    const ended = await start();
    expectExit(ended, 1);
    const record = programme.record();
    for (const sign of entriesOf(record, 'detection-evaluated')[0]!.data['signs'] as {
      seen: boolean | null;
    }[])
      expect(sign.seen).not.toBe(true);
    expect(entriesOf(record, 'phase-entered').map((one) => one.data['stage'])).not.toContain('response');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});

describe('ransomware where there is no immutable copy', () => {
  it('is refused before anything is made', async () => {
    quickProgramme();
    programme.edit(drill, 'environment: lab-immutable', 'environment: lab');
    const ended = await start();
    expectExit(ended, 5);
    expect(ended.stderr).toContain('environment "lab" has none');
    expect(existsSync(`${programme.directory}/reports`)).toBe(false);
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});

interface Injected {
  readonly proof: { readonly at: string };
  readonly groundTruth: { readonly attempts: readonly { readonly versionStays: boolean }[] };
}
