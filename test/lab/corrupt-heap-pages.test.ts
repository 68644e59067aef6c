import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { readGroundTruth, writeGroundTruth } from '../../src/damage/index.js';
import { labFaults, observeLab, setLoad, trafficTarget, type Lab } from '../../src/lab/index.js';
import {
  checksumFailures,
  connectTo,
  findDamageInLog,
  type ClusterLocation,
  type Session,
} from '../../src/postgres/index.js';
import { readLedger } from '../../src/sentinel/index.js';
import { eventually, makeTestLab, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let location: ClusterLocation;
let session: Session;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.5 });
  lab = test.lab;
  location = trafficTarget(lab);
  session = await connectTo(location);
  await session.query(
    'create table public.small as select i as id, md5(i::text) as text from generate_series(1, 200) i',
  );
  await session.query(`create table public.copy as select * from public.bookings order by id`);
  await session.query('vacuum (freeze, analyze) public.copy');
});
afterAll(async () => {
  await session.end();
  expect(await test.down()).toEqual([]);
});

const fault = labFaults.get('corrupt-heap-pages')!;
const never = new AbortController().signal;
const inject = (id: string, args: { relation: string; pages?: number }) =>
  fault.inject(lab, { id, args, signal: never });
const truthFile = (id: string) => join(lab.paths.faults, `${id}.json`);
const page = (file: string, offset: number) => readFileSync(file).subarray(offset, offset + 8192);

describe('corrupt-heap-pages', () => {
  it('makes pages unreadable under load, which the sentinel sees and an index-only count does not', async () => {
    const note = await observeLab(lab, {
      recordDirectory: join(test.outside, 'record'),
      session: 's',
      intervalMs: 50,
    });
    await setLoad(lab, 20);
    const states = () =>
      readLedger(readFileSync(note.ledger, 'utf8')).lines.flatMap((line) =>
        line.kind === 'state' && line.what === 'read' ? [line] : [],
      );
    await eventually('a good read', () => states().some((line) => line.state === 'ok'));
    const { groundTruth, proof } = await inject('f1', { relation: 'public.bookings', pages: 3 });
    const seen = await eventually('a failed read', () => states().find((line) => line.state === 'failing'));
    expect(seen.detail).toMatch(/invalid page in block \d+ .*XX001/);
    await setLoad(lab, 0);

    expect(proof).toMatchObject({ sqlState: 'XX001', unreadablePages: 3, relation: 'public.bookings' });
    expect(Date.parse(proof['firstFailedReadAt'] as string)).toBeGreaterThanOrEqual(
      Date.parse(proof['at'] as string),
    );
    const pages = readGroundTruth(truthFile('f1'))!.pages;
    expect(groundTruth['pages']).toEqual(pages);
    expect(pages.map(({ page: number }) => number)).toEqual(
      pages.map(({ page: number }) => number).toSorted((a, b) => a - b),
    );
    for (const { file, offset, beforeSha256, afterSha256, ctids } of pages) {
      expect(file.startsWith(lab.paths.clusters)).toBe(true);
      expect(sha256Hex(page(file, offset))).toBe(afterSha256);
      expect(afterSha256).not.toBe(beforeSha256);
      expect(ctids.length).toBeGreaterThan(0);
    }
    await session.query('set enable_seqscan = off');
    const [plan] = await session.query('explain select count(*) from public.bookings');
    expect(JSON.stringify(plan)).not.toContain('Seq Scan');
    const [counted] = await session.query(
      'select count(*)::int as rows from public.bookings where id <= 20000',
    );
    expect(counted).toEqual({ rows: 20_000 });
    await session.query('reset enable_seqscan');
    expect((await checksumFailures(session)).failures).toBeGreaterThan(0);
    expect((await findDamageInLog(location)).map(({ line }) => line).join('\n')).toContain(
      'page verification failed',
    );
  });

  it('finds pages to damage however much of the table was read before: the drill that failed because people took their time', async () => {
    await session.query('create extension if not exists pg_prewarm');
    const [row] = await session.query(
      `select pg_relation_size('public.bookings') > pg_size_bytes(current_setting('shared_buffers')) as larger`,
    );
    expect(row?.['larger']).toBe(true);
    // Twice, because the second pass finds what the first one left.
    for (let pass = 0; pass < 2; pass += 1) await session.query(`select pg_prewarm('public.copy', 'buffer')`);
    const { proof } = await inject('read-before', { relation: 'public.copy', pages: 1 });
    expect(proof).toMatchObject({ sqlState: 'XX001', unreadablePages: 1 });
    await session.query('drop table public.copy');
    await session.query('create table public.copy as select * from public.users');
  });

  it('does nothing a second time under the same id', async () => {
    const before = readFileSync(truthFile('f1'), 'utf8');
    const bytes = readGroundTruth(truthFile('f1'))!.pages.map(({ file, offset }) =>
      sha256Hex(page(file, offset)),
    );
    const again = await inject('f1', { relation: 'public.bookings', pages: 3 });
    expect(readFileSync(truthFile('f1'), 'utf8')).toBe(before);
    expect(again.groundTruth).toEqual(JSON.parse(before));
    expect(
      readGroundTruth(truthFile('f1'))!.pages.map(({ file, offset }) => sha256Hex(page(file, offset))),
    ).toEqual(bytes);
  });

  it('killed between intent, write and proof, ends with the same damage as if it had not been', async () => {
    await inject('f2', { relation: 'public.copy', pages: 2 });
    const whole = readGroundTruth(truthFile('f2'))!;
    const notProven = whole.pages.map((one) => ({ ...one, failedRead: null }));
    const notWritten = notProven.map((one) => ({ ...one, at: null }));
    for (const pages of [notProven, notWritten, [whole.pages[0]!, notWritten[1]!]]) {
      writeGroundTruth(truthFile('f2'), { ...whole, pages, provenAt: null });
      await inject('f2', { relation: 'public.copy', pages: 2 });
      const now = readGroundTruth(truthFile('f2'))!;
      const essence = (truth: typeof now) =>
        truth.pages.map(({ page: number, afterSha256 }) => [number, afterSha256]);
      expect(essence(now)).toEqual(essence(whole));
      expect(now.pages.every(({ failedRead }) => failedRead !== null)).toBe(true);
      for (const { file, offset, afterSha256 } of now.pages)
        expect(sha256Hex(page(file, offset))).toBe(afterSha256);
    }
  });

  it('does not touch a page that changed since its damage was planned', async () => {
    const truth = readGroundTruth(truthFile('f2'))!;
    const planned = {
      ...truth.pages[0]!,
      beforeSha256: sha256Hex('then'),
      afterSha256: sha256Hex('later'),
      at: null,
      failedRead: null,
    };
    writeGroundTruth(truthFile('f3'), { ...truth, pages: [planned], provenAt: null });
    await expect(inject('f3', { relation: 'public.copy', pages: 1 })).rejects.toMatchObject({
      reason: 'unknown-outcome',
    });
  });

  it('says so when the whole table is in the cache', async () => {
    await session.query('select count(*) from public.small');
    await expect(inject('f4', { relation: 'public.small' })).rejects.toThrow(
      /all \d+ pages of public.small are in the server's cache/,
    );
    expect(existsSync(truthFile('f4'))).toBe(false);
  });

  it.each([
    ['a view', 'public.active_drivers'],
    ['a partitioned parent', 'public.booking_events'],
    ['an unknown name', 'public.nothing'],
    ['an index', 'public.bookings_pkey'],
  ])('does not take %s for a table', async (_, relation) => {
    await expect(inject('f5', { relation })).rejects.toMatchObject({ reason: 'invalid' });
  });

  it('takes no fault id that leads out of the lab', async () => {
    await expect(inject('../f6', { relation: 'public.bookings' })).rejects.toMatchObject({
      reason: 'invalid',
    });
  });

  it('is described and previewed without a lab', () => {
    expect(fault.describe({ relation: 'public.bookings' })).toContain('3 uncached pages of public.bookings');
    expect(fault.preview({ relation: 'public.bookings', pages: 5 }).join('\n')).toContain('5 pages');
    expect(fault.with).toMatchObject({ additionalProperties: false, required: ['relation'] });
  });
});
