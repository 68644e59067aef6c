import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  archiveErrorCode,
  parseHistory,
  parseSegmentName,
  restoreScript,
  segmentName,
  segmentOf,
  walContinuity,
} from '../../src/backup/index.js';
import { compareLsn, formatLsn, parseLsn } from '../../src/postgres/index.js';

const mega = 1024 * 1024;

describe('names of WAL segments', () => {
  it.each([
    ['0/0', 16, '000000010000000000000000'],
    ['0/1FFFFFF', 16, '000000010000000000000001'],
    ['16/B374D848', 16, '0000000100000016000000B3'],
    ['1/0', 64, '000000010000000100000000'],
    ['0/FFFFFFFF', 1, '000000010000000000000FFF'],
  ])('%s with segments of %i MB lies in %s', (lsn, megabytes, name) => {
    expect(segmentName({ timeline: 1, number: segmentOf(lsn, megabytes * mega) }, megabytes * mega)).toBe(
      name,
    );
  });

  it('come back from their text, and places in the log sort as numbers', () => {
    const size = fc.constantFrom(1, 16, 64, 1024).map((n) => n * mega);
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 34n - 1n),
        fc.integer({ min: 1, max: 0xffff }),
        size,
        (number, timeline, bytes) => {
          expect(parseSegmentName(segmentName({ timeline, number }, bytes), bytes)).toEqual({
            timeline,
            number,
          });
        },
      ),
    );
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n), (a, b) => {
        expect(parseLsn(formatLsn(a))).toBe(a);
        expect(Math.sign(compareLsn(formatLsn(a), formatLsn(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
    expect(parseSegmentName('000000010000000000000001.partial', 16 * mega)).toBeNull();
  });

  it('knows where a timeline left its parent', () => {
    expect(
      parseHistory('1\t0/3000148\tno recovery target specified\n\n2\t0/5000000\tbefore transaction 5\n'),
    ).toEqual([
      { parent: 1, switchLsn: '0/3000148' },
      { parent: 2, switchLsn: '0/5000000' },
    ]);
  });
});

describe('WAL over a change of timeline', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'fd-wal-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const put = (timeline: number, number: number, ending = '') => {
    const bytes = Buffer.alloc(mega);
    bytes.writeBigUInt64LE(BigInt(number) * BigInt(mega), 8);
    bytes.writeBigUInt64LE(77n, 24);
    writeFileSync(join(directory, segmentName({ timeline, number: BigInt(number) }, mega) + ending), bytes);
  };
  const ask = (toLsn?: string) =>
    walContinuity({
      directory,
      timeline: 1,
      fromLsn: '0/300028',
      segmentBytes: mega,
      systemIdentifier: '77',
      ...(toLsn === undefined ? {} : { toLsn }),
    });

  it('follows the newest timeline that leads on, and its own copy of the segment it began in', async () => {
    for (const number of [3, 4, 5]) put(1, number);
    put(1, 6, '.partial');
    for (const number of [6, 7]) put(2, number);
    put(2, 8, '.partial');
    writeFileSync(join(directory, '00000002.history'), '1\t0/680000\tx\n');
    expect(await ask()).toMatchObject({
      unbroken: true,
      timeline: 2,
      segments: 5,
      completeUntil: '0/800000',
      lastCompleteStart: '0/700000',
    });
    expect(await ask('0/880000')).toMatchObject({ unbroken: true });
    expect(await ask('0/900001')).toMatchObject({
      unbroken: false,
      problem: 'the WAL ends at 0/900000, before 0/900001',
    });
    rmSync(join(directory, segmentName({ timeline: 2, number: 6n }, mega)));
    expect(await ask()).toMatchObject({ unbroken: false, broken: '000000020000000000000006' });
  });

  it('does not follow a timeline of somebody else', async () => {
    for (const number of [3, 4]) put(1, number);
    writeFileSync(join(directory, '00000005.history'), '4\t0/380000\tx\n');
    expect(await ask()).toMatchObject({ unbroken: true, timeline: 1, segments: 2 });
  });

  it('is broken where there is nothing at all, and where a stale partial stands before a later segment', async () => {
    expect(await ask()).toMatchObject({ unbroken: false, broken: '000000010000000000000003' });
    put(1, 3, '.partial');
    expect(await ask()).toMatchObject({ unbroken: true, partial: '000000010000000000000003.partial' });
    put(1, 4);
    expect(await ask()).toMatchObject({ unbroken: false, broken: '000000010000000000000003' });
  });
});

describe('the program PostgreSQL asks for segments', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "fd-wal it's "));
    mkdirSync(join(directory, 'wal'));
    writeFileSync(join(directory, 'script'), restoreScript(join(directory, 'wal'), 8), { mode: 0o700 });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const target = () => join(directory, 'target');
  const give = (name: string, text: string) => writeFileSync(join(directory, 'wal', name), text);
  const run = (name: string) => spawnSync(join(directory, 'script'), [name, target()]).status;
  const got = () => (existsSync(target()) ? readFileSync(target(), 'utf8') : null);

  it('says absent with 1, and gives a complete segment before a partial one', () => {
    expect([run('A'), got()]).toEqual([1, null]);
    give('A.partial', 'part....');
    expect([run('A'), got()]).toEqual([0, 'part....']);
    give('A', 'complete');
    expect([run('A'), got()]).toEqual([0, 'complete']);
  });

  it('takes no partial of the wrong size, and none for a history file', () => {
    give('A.partial', 'short');
    give('00000002.history.partial', 'part....');
    expect([run('A'), run('00000002.history'), got()]).toEqual([1, 1, null]);
  });

  it('tells an error from the end: its code makes PostgreSQL give up', () => {
    give('A', 'complete');
    execFileSync('mkdir', [target()]);
    execFileSync('mkdir', [join(target(), 'A')]);
    expect(run('A')).toBe(archiveErrorCode);
    rmSync(join(directory, 'wal'), { recursive: true });
    expect(run('A')).toBe(archiveErrorCode);
    expect(archiveErrorCode).toBeGreaterThan(128);
    expect(archiveErrorCode).not.toBe(128 + 15);
  });
});
