import { describe, expect, it } from 'vitest';
import { readFates, rowChangeOf, type RowChange } from '../../src/postgres/row-changes.js';
import { placeText } from '../../src/postgres/place-set.js';
import { groupTransactions, type WalTransaction } from '../../src/postgres/wal-transaction.js';

const heap = (what: string, xid = 7, lsn = '0/100') => ({ kind: 'Heap', xid, lsn, what });
const at = (page: number, line: number) => ({ page, line });
const file = '1663/5/16401';

describe('what a record of the log did to a row', () => {
  it.each<[string, RowChange | null]>([
    [
      `DELETE off 3 flags 0x00 KEYS_UPDATED , blkref #0: rel ${file} blk 8 FPW`,
      { file, did: 'deleted', at: at(8, 3), moved: false },
    ],
    [
      `DELETE xmax: 7, off: 3, infobits: [KEYS_UPDATED], flags: 0x10, blkref #0: rel ${file} blk 8`,
      { file, did: 'deleted', at: at(8, 3), moved: true },
    ],
    [
      `HOT_UPDATE off 18 xmax 7 flags 0x60 ; new off 26 xmax 0, blkref #0: rel ${file} blk 2`,
      { file, did: 'updated', at: at(2, 18), to: at(2, 26) },
    ],
    [
      `UPDATE off 5 xmax 7 flags 0x00 ; new off 1 xmax 0, blkref #0: rel ${file} blk 9, blkref #1: rel ${file} blk 2`,
      { file, did: 'updated', at: at(2, 5), to: at(9, 1) },
    ],
    [
      `UPDATE old_xmax: 7, old_off: 5, old_infobits: [], flags: 0x00, new_xmax: 0, new_off: 1, blkref #0: rel ${file} blk 9, blkref #1: rel ${file} blk 2`,
      { file, did: 'updated', at: at(2, 5), to: at(9, 1) },
    ],
    [`INSERT off 4 flags 0x00, blkref #0: rel ${file} blk 2`, null],
    [`LOCK off 4: xid 7: flags 0x00 LOCK_ONLY, blkref #0: rel ${file} blk 2`, null],
  ])('%s', (what, change) => expect(rowChangeOf(heap(what))).toEqual(change));

  const updated = (from: [number, number], to: [number, number]): RowChange => ({
    ...{ file, did: 'updated', at: at(...from), to: at(...to) },
  });
  const deleted = (from: [number, number]): RowChange => ({
    ...{ file, did: 'deleted', at: at(...from), moved: false },
  });
  const fatesOf = async (...changes: RowChange[]) => {
    let readings = 0;
    const all = await readFates((take) => {
      readings += 1;
      changes.forEach(take);
      return Promise.resolve();
    });
    const one = all.get(file)!;
    const places = { deleted: [...one.deleted].map(placeText), updated: [...one.updated].map(placeText) };
    return { ...places, moved: one.moved, readings };
  };

  it('follows a row through updates to its end, by the place it had before', async () => {
    const fates = await fatesOf(
      updated([0, 1], [0, 9]),
      updated([0, 9], [1, 1]),
      deleted([1, 1]),
      updated([0, 2], [1, 2]),
      deleted([0, 3]),
    );
    expect(fates).toEqual({ deleted: ['(0,1)', '(0,3)'], updated: ['(0,2)'], moved: 0, readings: 2 });
  });

  it('reads the log once where no row was changed twice', async () => {
    const fates = await fatesOf(updated([0, 1], [7, 1]), updated([0, 2], [7, 2]), deleted([3, 291]));
    const expected = { deleted: ['(3,291)'], updated: ['(0,1)', '(0,2)'], moved: 0, readings: 1 };
    expect(fates).toEqual(expected);
  });
});

describe('records put together to transactions', () => {
  const group = (...records: { kind: string; xid: number; lsn: string; what: string }[]) => {
    const found: WalTransaction[] = [];
    const take = groupTransactions((one) => found.push(one));
    records.forEach(take);
    return found;
  };
  const remove = (xid: number, lsn: string) =>
    heap(`DELETE off 1 flags 0x00 , blkref #0: rel ${file} blk 0`, xid, lsn);
  const transaction = (xid: number, lsn: string, what: string) => ({ kind: 'Transaction', xid, lsn, what });
  const time = '2026-11-27 10:02:48.492638 UTC';

  it('counts a subtransaction for the one whose commit names it, and a rolled back one not at all', () => {
    const [one, ...others] = group(
      remove(12, '0/100'),
      remove(13, '0/110'),
      transaction(13, '0/118', `ABORT ${time}`),
      remove(11, '0/120'),
      remove(20, '0/128'),
      transaction(11, '0/130', `COMMIT ${time}; subxacts: 12`),
    );
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      xid: 11,
      xids: [11, 12],
      firstLsn: '0/100',
      commitLsn: '0/130',
      committedAt: '2026-11-27T10:02:48.492638Z',
      files: new Map([[file, { deleted: 2, updated: 0 }]]),
      wrote: true,
    });
  });

  it('knows a prepared transaction by its own number', () => {
    const found = group(remove(30, '0/100'), transaction(0, '0/200', `COMMIT_PREPARED 30: ${time}`));
    expect(found).toMatchObject([{ xid: 30, files: new Map([[file, { deleted: 1, updated: 0 }]]) }]);
  });

  it('reads what a commit removed, in tablespaces too, and which numbers are gone', () => {
    const what = `COMMIT ${time}; rels: base/5/16407 pg_tblspc/99/PG_15_202209061/5/16408 base/5/t3_16409; dropped stats: 2/5/16396 1/5/7; inval msgs: catcache 32`;
    expect(
      group(
        { kind: 'Standby', xid: 9, lsn: '0/1', what: 'LOCK xid 9 db 5 rel 16396 ' },
        transaction(9, '0/2', what),
      ),
    ).toMatchObject([
      { removed: ['0/5/16407', '99/5/16408'], dropped: [16_396], locked: [16_396], wrote: false },
    ]);
  });
});
