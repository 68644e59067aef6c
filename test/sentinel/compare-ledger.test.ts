import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLedger, type LedgerFact, type LedgerLine } from '../../src/sentinel/index.js';

/** A ledger with one line every 250 ms; a number stands for a commit with that id. */
function ledgerOf(facts: readonly (number | LedgerFact)[]): readonly LedgerLine[] {
  return facts.map((fact, index) => ({
    v: 1,
    seq: index + 1,
    prev: '0'.repeat(64),
    at: new Date(Date.UTC(2027, 0, 17) + index * 250).toISOString(),
    ...(typeof fact === 'number' ? { kind: 'commit', id: fact, latencyMs: 1 } : fact),
  }));
}
const opened: LedgerFact = { kind: 'opened', resolutionMs: 250, pid: 1 };

describe('the ledger held against the database', () => {
  it('finds nothing missing when every acknowledged row is there', () => {
    expect(compareLedger(ledgerOf([opened, 1, 2, 3]), 4, [1, 2, 3])).toEqual({
      acknowledged: 3,
      present: 3,
      missing: 0,
      unacknowledged: 0,
      windowMs: 0,
      missingIds: [],
    });
  });

  it('counts what was lost, from the last recovered commit to the last lost one', () => {
    const result = compareLedger(ledgerOf([opened, 1, 2, 3, 4, 1004]), 6, [1, 2, 1004]);
    expect(result).toMatchObject({
      acknowledged: 5,
      present: 3,
      missing: 2,
      windowMs: 500,
      missingIds: [3, 4],
    });
  });

  it('counts the window from the opening when nothing before the loss was recovered', () => {
    expect(compareLedger(ledgerOf([opened, 1, 2]), 3, [])).toMatchObject({ missing: 2, windowMs: 500 });
  });

  it('spans a gap in the middle of what was recovered', () => {
    expect(compareLedger(ledgerOf([opened, 1, 2, 3, 4, 5, 6]), 7, [1, 3, 4, 6])).toMatchObject({
      missingIds: [2, 5],
      windowMs: 1000,
    });
  });

  it('shows a row whose commit was never acknowledged apart: it is no loss and no gain', () => {
    expect(compareLedger(ledgerOf([opened, 1, 3]), 3, [1, 2, 3])).toMatchObject({
      acknowledged: 2,
      missing: 0,
      unacknowledged: 1,
    });
  });

  it('leaves out what was acknowledged after the given line, in ledger and database alike', () => {
    expect(compareLedger(ledgerOf([opened, 1, 2, 3, 4]), 3, [1, 2, 3, 4])).toMatchObject({
      acknowledged: 2,
      present: 2,
      missing: 0,
      unacknowledged: 0,
    });
  });

  it('measures nothing from an empty ledger', () => {
    expect(compareLedger([], 0, [1, 2])).toMatchObject({
      acknowledged: 0,
      missing: 0,
      unacknowledged: 0,
      windowMs: 0,
    });
  });

  it('accounts for every acknowledged commit, whatever survived', () => {
    const survivors = fc.uniqueArray(fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(fc.nat(40), survivors, fc.nat(45), (commits, ids, upTo) => {
        const ledger = ledgerOf([opened, ...Array.from({ length: commits }, (_, index) => index + 1)]);
        const result = compareLedger(ledger, upTo, ids);
        expect(result.acknowledged).toBe(Math.max(0, Math.min(commits, upTo - 1)));
        expect(result.present + result.missing).toBe(result.acknowledged);
        expect(result.missingIds).toHaveLength(result.missing);
        expect(result.windowMs > 0).toBe(result.missing > 0);
        expect(result.missingIds.filter((id) => ids.includes(id))).toEqual([]);
      }),
    );
  });
});
