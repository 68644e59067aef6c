import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assess, measure, type LedgerLine, type RunRecord } from '../../src/assessment/index.js';
import { makePlan } from './plan-fixture.js';
import { RecordBuilder } from './record-builder.js';
import { buildRun } from './run-fixture.js';

/** A ledger of `gaps.length` commits, and the list of those that survived; the entry says what a plain count gives. */
function recordOf(
  gaps: readonly number[],
  lost: ReadonlySet<number>,
  later = 0,
  stray: readonly number[] = [],
) {
  const run = new RecordBuilder(makePlan());
  run.add('observer-started', { resolutionMs: 250, ledger: 'ledger.jsonl' });
  run.ledgerLine({ kind: 'opened', resolutionMs: 250, pid: 1 });
  gaps.forEach((gap, index) => {
    if (index % 3 === 1) run.ledgerLine({ kind: 'state', what: 'write', state: 'ok', detail: 'still' });
    run.wait(gap).ledgerLine({ kind: 'commit', id: (index + 1) * 2, latencyMs: 1 });
  });
  const head = run.ledger.length;
  for (let index = 0; index < later; index += 1)
    run.wait(10).ledgerLine({ kind: 'commit', id: 10_000 + index, latencyMs: 1 });
  const ids = gaps.map((_gap, index) => (index + 1) * 2);
  run.survivors = [...ids.filter((id) => !lost.has(id)), ...stray];
  const said = recount(run.ledger, head, run.survivors);
  run.add('survivors-listed', {
    ledger: { seq: head, sha256: 'd'.repeat(64) },
    acknowledged: ids.length,
    present: ids.length - said.missing.length,
    missing: said.missing.length,
    unacknowledged: stray.filter((id) => id <= ids.length * 2).length,
    windowMs: said.windowMs,
    evidence: [],
  });
  return run.record();
}

/** The definition, written down a second time and differently: walk back from the first loss. */
function recount(ledger: readonly LedgerLine[], head: number, survivors: readonly number[]) {
  let [previous, firstAt, lastAt] = [ledger[0]?.at ?? '', '', ''];
  const missing: number[] = [];
  for (const line of ledger.slice(0, head)) {
    if (line.kind !== 'commit') continue;
    if (survivors.includes(line.id)) {
      if (missing.length === 0) previous = line.at;
    } else {
      if (missing.length === 0) firstAt = previous;
      missing.push(line.id);
      lastAt = line.at;
    }
  }
  return { missing, windowMs: missing.length === 0 ? 0 : Date.parse(lastAt) - Date.parse(firstAt) };
}

describe('data loss, from the ledger and the list of survivors', () => {
  test('agrees with a second count, whatever was lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat({ max: 39 })),
        fc.nat({ max: 5 }),
        (gaps, lostAt, later) => {
          const lost = new Set(lostAt.filter((at) => at < gaps.length).map((at) => (at + 1) * 2));
          const record = recordOf(gaps, lost, later);
          const { loss } = measure(record);
          const again = recount(record.ledger, record.ledger.length - later, record.survivors ?? []);
          expect(loss.missing).toEqual(again.missing);
          expect(loss.windowMs).toMatchObject({ value: again.windowMs, provenance: 'measured' });
          expect(loss.acknowledged).toBe(gaps.length);
          expect(loss.disagreements).toEqual([]);
        },
      ),
    );
  });

  test('what was present but never acknowledged is listed and not counted', () => {
    const { loss } = measure(recordOf([100, 100, 100], new Set(), 0, [3, 5]));
    expect(loss).toMatchObject({ missing: [], unacknowledged: [3, 5] });
  });

  test('the entry is not believed: where it says otherwise, ledger and list count and a high finding says so', () => {
    const honest = recordOf([100, 200, 300, 400], new Set([4, 6]));
    const entries = honest.entries.map((entry) =>
      entry.type === 'survivors-listed'
        ? { ...entry, data: { ...entry.data, missing: 0, present: 4, windowMs: 0 } }
        : entry,
    );
    const { measures, findings } = assess({ ...honest, entries });
    expect(measures.loss).toMatchObject({ missing: [4, 6], windowMs: { value: 500 } });
    expect(measures.loss.disagreements.map((one) => one.split(':')[0])).toEqual([
      'present',
      'missing',
      'window in ms',
    ]);
    expect(
      findings.filter((one) => one.id.startsWith('data-loss-disagrees')).map((one) => one.class),
    ).toEqual(['high', 'high', 'high']);
  });

  const gone = (change: (record: RunRecord) => Partial<RunRecord>): RunRecord => {
    const record = buildRun().record();
    return { ...record, ...change(record) };
  };
  test.each([
    ['no observer', buildRun({ sentinel: false }).record(), 'no observer watched this run'],
    [
      'the list is gone',
      gone(() => ({ survivors: null })),
      'the list of surviving commits is not in the evidence',
    ],
    ['the ledger is cut', gone(({ ledger }) => ({ ledger: ledger.slice(0, 5) })), 'the ledger has no line'],
    [
      'nothing was ever acknowledged',
      gone(({ ledger }) => ({
        ledger: ledger.map((line) =>
          line.kind === 'commit' ? { ...line, kind: 'closed' as const, reason: 'never wrote' } : line,
        ),
      })),
      'no commit was acknowledged',
    ],
  ])('not measured: %s', (_what, record, why) => {
    const { windowMs, missing } = measure(record).loss;
    expect(windowMs).toMatchObject({ value: null, provenance: 'not-measured' });
    expect(windowMs.note).toContain(why);
    expect(missing).toEqual([]);
  });
});
