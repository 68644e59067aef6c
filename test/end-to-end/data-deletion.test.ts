import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deletionDrill, deletionProgramme, deletionRunbook, type RawLedgerLine } from './support/deletion.js';
import { nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readLines, readReport } from './support/record.js';
import { expectExit, type Ended } from './support/run-program.js';

let programme: Programme;
let ended: Ended;
let record: string;
beforeAll(async () => {
  programme = deletionProgramme();
  ended = await programme.run('drill', deletionDrill, '--unattended', '--view', 'plain');
  record = programme.record();
});
afterAll(() => programme.remove());

const only = (type: string, data: Record<string, unknown> = {}) => {
  const found = entriesOf(record, type, data);
  expect(found, `entries of type ${type}`).toHaveLength(1);
  return found[0]!;
};
const outputsOf = (step: string) => only('step-succeeded', { step }).data['outputs'] as Outputs;
const truth = () => only('fault-injected').data['groundTruth'] as Truth;
const commits = () =>
  readLines(join(record, 'ledger.jsonl'))
    .map((line) => JSON.parse(line) as RawLedgerLine)
    .filter((line) => line.kind === 'commit');

describe('the shipped drill of a data deletion, unattended', () => {
  it('is met, rated S at most, sealed, and leaves nothing behind', async () => {
    expectExit(ended, 0);
    const { outcome, score } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(score.caps.map((cap) => cap.id)).toEqual(['CF-10']);
    expect(score).toMatchObject({ band: 'S' });
    expect(programme.leftovers()).toEqual(nothingLeft);
    const audit = await programme.run('audit', record);
    expect(audit).toMatchObject({ code: 0 });
    expect(audit.stdout).toContain('INTACT');
    expectExit(await programme.run('validate', '--strict', deletionRunbook, deletionDrill), 0);
  });

  it('was found by the signs alone: no client saw anything fail', () => {
    expect(only('fault-injected').data['silent']).toBe(true);
    const signs = only('detection-evaluated').data['signs'] as { id: string; seen: boolean | null }[];
    expect(signs.map(({ id, seen }) => [id, seen])).toEqual([
      ['rows-missing', true],
      ['rows-deleted', true],
      ['rows-overwritten', false],
      ['user-reports', null],
    ]);
    expect(only('clock-marked', { point: 'disruption' }).data['at']).toBe(truth().at);
    expect(
      readLines(join(record, 'ledger.jsonl')).filter((line) => line.includes('"state":"failing"')),
    ).toEqual([]);
  });

  it('found the very transaction, and brought back every row it took', () => {
    const { xid, tables, laterBookings } = truth();
    const found = outputsOf('transaction');
    expect(found).toMatchObject({ xid, relations: ['public.payments'], rows: tables[0]!.rows });
    expect(found['laterCommits']).toBeGreaterThanOrEqual(laterBookings.acknowledged);
    expect(laterBookings.acknowledged).toBeGreaterThanOrEqual(20);
    expect(outputsOf('copy-back')).toMatchObject({
      inserted: tables[0]!.rows,
      overwritten: 0,
      conflicting: 0,
      done: expect.arrayContaining(['committed']) as unknown,
    });
    const [check] = entriesOf(record, 'check-evaluated', { step: 'copy-back', purpose: 'after' });
    expect(JSON.stringify(check!.data)).toContain('"verdict":"pass"');
    expect(readFileSync(join(record, 'report.md'), 'utf8')).toMatch(/the same: payments/);
  });

  it('lost nothing, by an independent reading of the record', () => {
    const own = recompute(record);
    const { recoveryTime, loss } = readReport(record).assessment.measures;
    expect(own.acknowledged).toBeGreaterThan(20);
    expect(own.lost).toEqual([]);
    expect(loss).toMatchObject({ acknowledged: own.acknowledged, missing: [], windowMs: { value: 0 } });
    expect(Math.abs(recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(5);
    // Written between the harm and the copying: what this way keeps and the other one loses.
    const harm = Date.parse(truth().at);
    const copied = Date.parse(only('step-succeeded', { step: 'copy-back' }).at);
    const between = commits().filter((one) => Date.parse(one.at) > harm && Date.parse(one.at) < copied);
    expect(between.length).toBeGreaterThan(5);
  });

  it('showed at the decision, and shows in the report, what each way loses, and how that is known', () => {
    const loss = outputsOf('whole-loss');
    const moment = Date.parse(String(outputsOf('transaction')['committedAt']));
    const before = (limit: string) =>
      commits().filter((one) => Date.parse(one.at) > moment && one.at <= limit).length;
    const started = only('step-started', { step: 'whole-loss' }).at;
    const done = only('step-succeeded', { step: 'whole-loss' }).at;
    expect(loss['commits']).toBeGreaterThanOrEqual(before(started));
    expect(loss['commits']).toBeLessThanOrEqual(before(done));
    const prompt = String(only('prompt-opened', { step: 'way-back' }).data['text']);
    expect(prompt).toContain('Bringing back only that keeps everything written since');
    expect(prompt).toContain(`${String(loss['commits'])} acknowledged commits`);
    expect(prompt).toContain('(computed from its ledger)');
    expect(readFileSync(join(record, 'report.html'), 'utf8')).toContain('(computed from its ledger)');
  });

  it('tells the truth of what was there before only to those who come after', () => {
    expect(truth().tables[0]).toMatchObject({ table: 'public.payments', key: ['id'] });
    expect(truth().tables[0]!.hash).toMatch(/^-?\d+$/);
    expect(JSON.stringify(only('fault-injected').data['proof'])).not.toContain(`"${truth().xid}"`);
    expect(existsSync(join(record, 'report.html'))).toBe(true);
  });
});

interface Outputs {
  readonly [name: string]: unknown;
}

interface Truth {
  readonly xid: string;
  readonly at: string;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly hash: string }[];
  readonly laterBookings: { readonly acknowledged: number };
}
