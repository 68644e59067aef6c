import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readEntries, readReport, type RawEntry } from './support/record.js';
import { expectExit, type Ended } from './support/run-program.js';

const drillFile = 'drills/datacenter-outage.yaml';
const runbookFile = 'runbooks/datacenter-outage.yaml';
const run = (programme: Programme) => programme.run('drill', drillFile, '--unattended', '--view', 'plain');

/** Half the data and short waits; what is waited for stays the same. */
function makeOutage(): Programme {
  const programme = makeProgramme();
  programme.edit('firedrill.yaml', 'scale: 1', 'scale: 0.5');
  programme.edit(drillFile, 'delay: 5s', 'delay: 500ms');
  programme.edit(runbookFile, 'hold: 5s', 'hold: 2s');
  programme.edit(runbookFile, 'every: 1s', 'every: 250ms');
  return programme;
}

describe('the shipped drill, unattended', () => {
  let programme: Programme;
  let ended: Ended;
  let record: string;
  let entries: RawEntry[];
  beforeAll(async () => {
    programme = makeOutage();
    ended = await run(programme);
    record = programme.record();
    entries = readEntries(record);
  });
  afterAll(() => programme.remove());

  const only = (type: string, data: Record<string, unknown> = {}) => {
    const found = entriesOf(record, type, data);
    expect(found, `entries of type ${type}`).toHaveLength(1);
    return found[0]!;
  };
  const outputs = (step: string) =>
    only('step-succeeded', { step }).data['outputs'] as Record<string, unknown>;

  it('meets its objectives, is rated S at most, is intact and leaves nothing behind', async () => {
    expectExit(ended, 0);
    const { score, outcome } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(
      score.caps.map((cap) => cap.id),
      JSON.stringify(score.caps),
    ).toEqual(['CF-10']);
    expect(score.band).toBe('S');
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });

  it('counts as lost what region B never had, and nothing else', () => {
    const own = recompute(record);
    const { recoveryTime, loss } = readReport(record).assessment.measures;
    // Two seconds in which nothing was sent to region B, at four writes a second.
    expect(own.lost.length).toBeGreaterThan(2);
    expect(loss).toMatchObject({ acknowledged: own.acknowledged, missing: own.lost });
    expect(own.survivors).toBe(own.acknowledged - own.lost.length);
    expect(Math.abs(recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(5);
    expect(ended.stdout).toMatch(
      new RegExp(`^Data loss +✓ ${own.lost.length} of ${own.acknowledged} acknowledged commits lost`, 'm'),
    );
  });

  it('measures as outage what clients saw: from their first failed write to the first that worked in region B', () => {
    const lines = readFileSync(join(record, 'ledger.jsonl'), 'utf8').trimEnd().split('\n');
    const states = lines
      .map((line) => JSON.parse(line) as { at: string; kind: string; what: string; state: string })
      .filter((line) => line.kind === 'state' && line.what === 'write');
    expect(states.map((line) => line.state)).toEqual(['ok', 'failing', 'ok']);
    const [, failing, again] = states.map((line) => Date.parse(line.at));
    const { measures } = readReport(record).assessment as unknown as {
      measures: { outages: { what: string; durationMs: number }[] };
    };
    expect(measures.outages.filter((one) => one.what === 'write')).toMatchObject([
      { durationMs: again! - failing! },
    ]);
    expect(again).toBeGreaterThan(Date.parse(only('step-succeeded', { step: 'promote' }).at));
  });

  it('was seen by two vantage points, and by the sentinel before them', () => {
    const signs = only('detection-evaluated').data['signs'] as { id: string; seen: boolean | null }[];
    expect(signs.map(({ id, seen }) => [id, seen])).toEqual([
      ['region-down', true],
      ['outside-reports', null],
    ]);
    expect(outputs('look')).toMatchObject({ verdict: 'region-down', failedProbes: 3, thirdAnswers: false });
    const seen = entries.find((one) => one.type === 'observed' && one.data['state'] === 'failing')!;
    expect(seen.seq).toBeLessThan(only('detection-evaluated').seq);
  });

  it('has the replication lag of before the disaster on record, and which kind of replication it was', () => {
    const check = entriesOf(record, 'check-evaluated', { step: 'before-lag' }).at(-1)!;
    expect(check.seq).toBeLessThan(only('fault-injected').seq);
    expect(check.data['check']).toMatchObject({ verdict: 'pass' });
    const { groundTruth } = only('fault-injected').data as { groundTruth: Record<string, unknown> };
    expect(groundTruth['lag']).toMatchObject({ synchronous: false });
    const { receivers } = groundTruth['lag'] as { receivers: { name: string; behindBytes: number }[] };
    expect(receivers.map((one) => one.name)).toContain('region_b');
  });

  it('fenced first, then promoted, then sent clients; only then was region A woken, and refused', () => {
    const steps = ['fence', 'promote', 'switch-traffic', 'wake', 'objects', 'verified'];
    const at = steps.map((step) => only('step-succeeded', { step }).seq);
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    expect(outputs('promote')).toMatchObject({ timeline: 2, fenced: true });
    const woken = outputs('wake');
    expect(woken).toMatchObject({ ok: true, takesWrites: true, timeline: 1 });
    for (const how of ['continued', 'restarted'])
      expect(woken[how]).toContain('region A is fenced (epoch 1)');
    expect(entriesOf(record, 'acceptance-probed').every((one) => one.data['green'])).toBe(true);
  });

  it('found every object of the lost store in region B, with the same checksum', () => {
    const { groundTruth } = only('fault-injected').data as {
      groundTruth: { objects: Record<string, string> };
    };
    const newest = outputs('backups-here')['newest'] as string;
    const manifest = Object.keys(groundTruth.objects).filter((key) => key.startsWith(`${newest}/`));
    expect(manifest.length).toBe(Object.keys(groundTruth.objects).length);
    expect(outputs('objects')).toMatchObject({ ok: true, problems: [] });
  });

  it('is protected again in region B, and region A follows it', () => {
    expect(outputs('protect')).toMatchObject({ ok: true });
    expect(outputs('new-backup')['backup']).not.toBe(outputs('backups-here')['newest']);
    expect(outputs('rebuild')).toEqual({ ok: true, way: 'rewound', why: null });
  });
});

describe('a recovery that is not one', () => {
  let programme: Programme;
  afterEach(() => programme.remove());

  it('without the fence, when somebody decided to do without, the split brain is seen, and the run is not green', async () => {
    programme = makeOutage();
    // Else the promotion is refused: that the step before it says it went well proves nothing.
    programme.edit(
      runbookFile,
      'with: {cluster: standby}\n        approve',
      'with: {cluster: standby, unfenced: the test answers for it}\n        approve',
    );
    programme.edit(runbookFile, 'uses: region.fence', 'uses: shell.run\n        with: {command: ["true"]}');
    programme.edit(
      runbookFile,
      'check: {uses: region.is-fenced}\n        undo: {uses: region.unfence}',
      'undo: {none: it does nothing}',
    );
    const ended = await run(programme);
    const record = programme.record();
    if (ended.code !== 1) expectExit(ended, 4);
    expect(entriesOf(record, 'step-succeeded', { step: 'fence' })).toHaveLength(1);
    const [promoted] = entriesOf(record, 'step-succeeded', { step: 'promote' });
    expect(promoted?.data['outputs']).toMatchObject({ ok: true, fenced: false });
    const [failed] = entriesOf(record, 'step-failed', { step: 'wake' });
    expect((failed?.data['failure'] as { message: string }).message).toMatch(/^split brain: the lost region/);
    expect(entriesOf(record, 'clock-marked', { point: 'service-verified' })).toEqual([]);
    const { outcome, measures } = readReport(record).assessment;
    expect(outcome.verdict).not.toBe('met');
    expect(measures.recoveryTime.durationMs.value).toBeNull();
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('where no region was lost, nothing is found wrong, and nobody is promoted', async () => {
    programme = makeOutage();
    programme.edit(drillFile, /^faults:\n.*\n/m, 'faults: []\n');
    const ended = await run(programme);
    const record = programme.record();
    expectExit(ended, 1);
    const signs = entriesOf(record, 'detection-evaluated')[0]!.data['signs'] as { seen: boolean | null }[];
    for (const sign of signs) expect(sign.seen).not.toBe(true);
    expect(entriesOf(record, 'phase-entered').map((one) => one.data['stage'])).not.toContain('response');
    expect(entriesOf(record, 'run-ended')[0]!.data).toMatchObject({ verdict: 'inconclusive' });
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});
