import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  changeValue,
  cutFile,
  deleteRow,
  dropConstraint,
  dropIndex,
  dropLargeObject,
  dropRole,
  flipBit,
  largestTable,
  largestUniqueIndex,
  orphanRows,
  pageBytes,
  pageChecksum,
  plainRow,
  removeFile,
  resetSequence,
  revokeGrant,
  scrambleFile,
  swapIndexEntries,
  userRelations,
  writtenChecksum,
} from '../../src/damage/index.js';
import { runTool, startCluster, stopCluster, type ClusterLocation } from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

let ground: Ground;
let location: ClusterLocation;
beforeAll(async () => {
  ground = await openGround();
  location = await ground.cluster('hurt');
  await ground.withSession(location, async (session) =>
    session.query(`
      create table cities(id int primary key, name text not null);
      insert into cities select i, 'city ' || i from generate_series(1, 3000) i;
      create table fares(id serial primary key, city int references cities, amount numeric);
      insert into fares(city, amount) select i, i / 7.0 from generate_series(1, 3000) i;
      create index fares_by_amount on fares(amount);
      create role clerk; grant select on cities to clerk; select lo_from_bytea(0, 'x');`),
  );
});
afterAll(async () => ground.remove());

const sql = async (text: string) => ground.withSession(location, async (session) => session.query(text));
const pagesOf = (file: string) => {
  const bytes = readFileSync(file);
  return Array.from({ length: bytes.length / pageBytes }, (_, at) =>
    bytes.subarray(at * pageBytes, (at + 1) * pageBytes),
  );
};
async function offline(work: () => Promise<void>): Promise<void> {
  await stopCluster(ground.tools, location, 'fast');
  await work();
  await startCluster(ground.tools, location);
}
const checksums = async () =>
  runTool(ground.tools, 'pg_checksums', ['--check', '-D', location.dataDirectory], { location });

describe('harm to files', () => {
  it('does what it says, and only inside its folder', async () => {
    const allowedRoot = join(ground.directory, 'inside');
    await mkdir(allowedRoot);
    const path = join(allowedRoot, 'file');
    writeFileSync(path, Buffer.alloc(1000, 7));
    expect((await flipBit({ path, allowedRoot })).names).toEqual(['file']);
    expect(readFileSync(path).filter((byte) => byte !== 7)).toEqual(Buffer.from([6]));
    await scrambleFile({ path, allowedRoot, from: 10, bytes: 100 });
    const scrambled = readFileSync(path);
    expect(scrambled.subarray(0, 10)).toEqual(Buffer.alloc(10, 7));
    expect(scrambled.subarray(10, 110).equals(Buffer.alloc(100, 7))).toBe(false);
    await cutFile({ path, allowedRoot });
    expect(statSync(path).size).toBe(500);
    expect((await failureOf(cutFile({ path, allowedRoot, bytes: 500 }))).reason).toBe('invalid');
    const outside = join(ground.directory, 'outside');
    writeFileSync(outside, 'precious');
    symlinkSync(outside, join(allowedRoot, 'link'));
    for (const target of [outside, join(allowedRoot, 'link')])
      for (const hurt of [flipBit, cutFile, removeFile, scrambleFile])
        expect((await failureOf(hurt({ path: target, allowedRoot }))).reason).toBe('refused');
    expect(readFileSync(outside, 'utf8')).toBe('precious');
    await removeFile({ path, allowedRoot });
    expect(existsSync(path)).toBe(false);
  });
});

describe('harm that page checksums do not see', () => {
  it('computes the checksum that PostgreSQL wrote, for every page of tables and indexes', async () => {
    await sql('checkpoint');
    const relations = await ground.withSession(location, userRelations);
    expect(relations.length).toBeGreaterThanOrEqual(5);
    for (const { path } of relations)
      for (const [block, page] of pagesOf(path).entries())
        expect([path, block, pageChecksum(page, block)]).toEqual([path, block, writtenChecksum(page)]);
  });

  it('changes one value, so that pg_checksums finds nothing and the server reads something else', async () => {
    const row = (await ground.withSession(location, async (session) => plainRow(session, 'cities')))!;
    await offline(async () => {
      await changeValue({ ...row, allowedRoot: ground.directory });
      await checksums();
    });
    expect(await sql('select count(*) as rows, sum(id) as sum from cities')).toEqual([
      // The lowest bit of 1 turned over makes 0.
      { rows: 3000, sum: (3000 * 3001) / 2 - 1 },
    ]);
  });

  it('swaps entries of an index, so that pg_checksums finds nothing and amcheck does', async () => {
    await sql('create extension amcheck');
    const index = (await ground.withSession(location, largestUniqueIndex))!;
    const check = `select bt_index_check('${index.name}')`;
    await sql(check);
    await offline(async () => {
      await swapIndexEntries({ ...index, allowedRoot: ground.directory });
      await checksums();
    });
    expect((await failureOf(sql(check))).message).toContain('item order invariant violated');
    await sql(`reindex index ${index.name}`);
  });

  it('damages a page of the largest table, and pg_checksums names its file', async () => {
    const table = (await ground.withSession(location, largestTable))!;
    await stopCluster(ground.tools, location, 'fast');
    const whole = readFileSync(table.path);
    await scrambleFile({ path: table.path, allowedRoot: ground.directory, from: 4096, bytes: 64 });
    const failure = await failureOf(checksums());
    expect(failure.reason).toBe('exit-code');
    writeFileSync(table.path, whole);
    await startCluster(ground.tools, location);
  });
});

describe('harm to objects and rows', () => {
  const hurt = async <T>(
    harm: (request: {
      session: Parameters<typeof dropRole>[0]['session'];
      allowedRoot: string;
    }) => Promise<T>,
  ) => ground.withSession(location, async (session) => harm({ session, allowedRoot: ground.directory }));

  it('is done to one thing, which is then gone, until there is none left', async () => {
    const gone = async (text: string) => (await sql(text))[0]?.['count'];
    expect(await hurt(revokeGrant)).toMatchObject({ names: ['public.cities', 'grants'] });
    expect(await hurt(revokeGrant)).toBeNull();
    await hurt(dropRole);
    expect(await gone(`select count(*) from pg_roles where rolname = 'clerk'`)).toBe(0);
    expect(await hurt(dropRole)).toBeNull();
    await hurt(dropLargeObject);
    expect(await gone('select count(*) from pg_largeobject_metadata')).toBe(0);
    expect(await hurt(dropLargeObject)).toBeNull();
    expect(await hurt(dropIndex)).toMatchObject({ names: ['indexes public.fares_by_amount is missing'] });
    expect(await hurt(dropIndex)).toBeNull();
    expect(await hurt(orphanRows)).toMatchObject({ names: ['foreign key fares_city_fkey of public.fares'] });
    expect(
      await gone('select count(*) from fares f where not exists (select from cities c where c.id = f.city)'),
    ).toBeGreaterThan(0);
    await hurt(dropConstraint);
    expect(await hurt(dropConstraint)).toBeNull();
    await hurt(resetSequence);
    expect((await sql(`select nextval('fares_id_seq') as next`))[0]?.['next']).toBe(1);
    const rows = Number(await gone('select count(*) from fares'));
    await hurt(async (request) => deleteRow({ ...request, table: 'fares' }));
    expect(await gone('select count(*) from fares')).toBe(rows - 1);
  });

  it('is refused on a server whose data lie elsewhere', async () => {
    const elsewhere = join(ground.directory, 'elsewhere');
    await mkdir(elsewhere);
    await ground.withSession(location, async (session) => {
      const request = { session, allowedRoot: elsewhere };
      for (const harm of [revokeGrant, dropRole, dropIndex, dropConstraint, orphanRows, resetSequence])
        expect((await failureOf(harm(request))).reason).toBe('refused');
    });
  });
});
