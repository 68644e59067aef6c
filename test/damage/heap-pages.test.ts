import { mkdirSync, readFileSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { damageHeapPages, findTuples, locateRelation } from '../../src/damage/index.js';
import { trafficTarget, type Lab } from '../../src/lab/index.js';
import { connectTo, type ClusterLocation, type Session } from '../../src/postgres/index.js';
import { makeTestLab, type TestLab } from '../lab/lab-fixture.js';

let test: TestLab;
let lab: Lab;
let location: ClusterLocation;
let session: Session;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.3 });
  lab = test.lab;
  location = trafficTarget(lab);
  session = await connectTo(location);
});
afterAll(async () => {
  await session.end();
  expect(await test.down()).toEqual([]);
});
const never = new AbortController().signal;
const truthFile = (id: string) => join(test.outside, `${id}.json`);
const page = (file: string, offset: number) => readFileSync(file).subarray(offset, offset + 8192);

describe('damage', () => {
  const request = (relation: string, id: string) => ({
    session,
    dataDirectory: location.dataDirectory,
    allowedRoot: lab.paths.clusters,
    relation,
    pages: 1,
    truthFile: truthFile(id),
    confirm: () => Promise.resolve(),
    signal: never,
  });

  it('refuses a relation file that is a link out of the allowed folder', async () => {
    await session
      .query('create table public.linked as select * from public.copy limit 2000')
      .catch(() => undefined);
    await session.query('create table public.linked as select i from generate_series(1, 5000) i');
    await session.query('checkpoint');
    const { file } = (
      await locateRelation(session, location.dataDirectory, lab.paths.clusters, 'public.linked')
    ).place(0);
    const elsewhere = join(test.outside, 'somebody');
    mkdirSync(elsewhere);
    renameSync(file, join(elsewhere, 'file'));
    symlinkSync(join(elsewhere, 'file'), file);
    const before = sha256Hex(readFileSync(join(elsewhere, 'file')));
    await expect(damageHeapPages(request('public.linked', 'l1'))).rejects.toMatchObject({
      reason: 'refused',
    });
    expect(sha256Hex(readFileSync(join(elsewhere, 'file')))).toBe(before);
    unlinkSync(file);
    renameSync(join(elsewhere, 'file'), file);
  });

  it('does nothing when the last confirmation is refused', async () => {
    const relation = await locateRelation(
      session,
      location.dataDirectory,
      lab.paths.clusters,
      'public.payments',
    );
    const { file } = relation.place(0);
    await session.query('checkpoint');
    const before = sha256Hex(readFileSync(file));
    const confirm = () => Promise.reject(new Error('not this one'));
    await expect(damageHeapPages({ ...request('public.payments', 'c1'), confirm })).rejects.toThrow(
      'not this one',
    );
    expect(sha256Hex(readFileSync(file))).toBe(before);
  });

  it('reads tuples of a real page as the server does, and none of rubbish', async () => {
    const { file } = (
      await locateRelation(session, location.dataDirectory, lab.paths.clusters, 'public.users')
    ).place(0);
    await session.query('checkpoint');
    const tuples = findTuples(page(file, 0));
    const [row] = await session.query(
      `select count(*)::int as rows from public.users where ctid < '(1,0)'::tid`,
    );
    expect(tuples).toHaveLength(Number(row?.['rows']));
    expect(findTuples(Buffer.alloc(8192))).toEqual([]);
    expect(findTuples(Buffer.alloc(8192, 0xff))).toEqual([]);
  });
});

describe('looking for tuples', () => {
  it('finds only what lies inside the page, whatever its bytes say', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8192, maxLength: 8192 }), fc.nat(200), (bytes, pointers) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        view.setUint16(12, 24 + 4 * pointers, true);
        view.setUint16(14, 24 + 4 * pointers, true);
        for (const tuple of findTuples(bytes)) {
          expect(tuple.dataOffset).toBeGreaterThanOrEqual(24 + 4 * pointers);
          expect(tuple.dataBytes).toBeGreaterThan(0);
          expect(tuple.dataOffset + tuple.dataBytes).toBeLessThanOrEqual(8192);
        }
      }),
    );
  });
});
