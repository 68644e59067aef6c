import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { listBackups, restoreDatabase, sequencesBehind } from '../../src/backup/index.js';
import { dumpCompression } from '../../src/backup/logical/dump-options.js';
import { connectTo } from '../../src/postgres/index.js';
import type { LocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { trusted } from './ground.js';
import { useLogicalGround } from './logical-ground.js';

const on = useLogicalGround(`
  create table city(id int primary key, name text); insert into city select i, 'city ' || i from generate_series(1, 500) i;
  create table fare(id bigserial primary key, note text); insert into fare(note) select repeat(md5(i::text), 20) from generate_series(1, 60000) i;
  create sequence tickets; select setval('tickets', 100);
`);

const late = `case "$*" in *snapshot*) sleep 0.5;; esac\nexec "$real" "$@"`;
const snapshots = `select 1 from pg_stat_activity where application_name = 'firedrill snapshot' and xact_start is not null`;

/** Nothing is listed, and nothing lies there. */
async function expectNothingIn(store: LocalStore): Promise<void> {
  expect(await listBackups(store, trusted)).toEqual({ sets: [], broken: [] });
  expect(readdirSync(store.directory)).toEqual([]);
}

describe('what a logical backup says of its content', () => {
  it('holds however fast the tables change and the sequences run', async () => {
    const busy = new AbortController();
    const session = await connectTo(on.primary, { database: 'shop' });
    const work = (async () => {
      for (let at = 0; !busy.signal.aborted; at += 1) {
        await session.query(`select nextval('tickets') from generate_series(1, 50)`);
        await session.query('insert into fare(note) values ($1)', [`later ${at}`]);
        await session.query(`update city set name = name || '.' where id = $1`, [1 + (at % 500)]);
      }
    })();
    const set = await on.backup(await on.store());
    busy.abort();
    await work;
    await session.end();
    const restored = {
      tools: on.ground.tools,
      set,
      location: on.primary,
      database: 'shop',
      as: 'shop_again',
    };
    await restoreDatabase(restored);
    const detail = JSON.parse(await readFile(join(set.directory, 'structure.json'), 'utf8')) as {
      sequences: { shop: Record<string, { last: string | null; down: boolean }> };
    };
    const last = await on.query(`select last_value::text as last from tickets`, 'shop_again');
    const now = { ...detail.sequences.shop['public.tickets']!, last: last[0]!['last'] as string };
    expect(
      sequencesBehind(
        { 'public.tickets': detail.sequences.shop['public.tickets']! },
        { 'public.tickets': now },
      ),
    ).toEqual([]);
    for (const { table, rows, hash } of set.manifest.expectation.databases['shop']!.tables) {
      const [is] = await on.query(
        `select count(*)::text as rows, coalesce(sum(hashtextextended((t.*)::text, 0)), 0)::text as hash from ${table} t`,
        'shop_again',
      );
      expect({ table, ...is }).toEqual({ table, rows: String(rows), hash });
    }
    await on.query('drop database shop_again', 'postgres');
  });

  it('holds when somebody empties a table just before the dump locks it: he goes first, and the dump begins again', async () => {
    await on.query(`create table soon_empty as select i from generate_series(1, 1000) i`);
    // The program begins late: until then nothing but our own locks keeps the table.
    const tools = await on.toolsWith('pg_dump', late);
    let said = '';
    const taken = on.backup(await on.store(), {
      tools,
      databases: ['shop'],
      output: (text) => (said += text.toString()),
    });
    const truncated = vi
      .waitFor(async () => expect(await on.query(snapshots)).toHaveLength(1), {
        timeout: 10_000,
        interval: 10,
      })
      .then(async () => on.query('truncate soon_empty'));
    const set = await taken;
    await truncated;
    expect(said).toContain('somebody wants a table of shop for himself');
    const restored = { tools: on.ground.tools, set, location: on.primary, database: 'shop' };
    await restoreDatabase({ ...restored, as: 'shop_full' });
    const [is] = await on.query('select count(*)::int as rows from soon_empty', 'shop_full');
    const { tables } = set.manifest.expectation.databases['shop']!;
    expect(tables).toContainEqual(expect.objectContaining({ table: 'public.soon_empty', ...is }));
    await on.query('drop database shop_full', 'postgres');
    await on.query('drop table soon_empty');
  });

  it('is taken although ordinary clients may be idle and slow for a moment only', async () => {
    await on.query(
      `alter role all set idle_in_transaction_session_timeout = '100ms'; alter role all set idle_session_timeout = '100ms'; alter role all set statement_timeout = '50ms'`,
    );
    try {
      const tools = await on.toolsWith('pg_dump', late);
      const set = await on.backup(await on.store(), { tools });
      expect(set.manifest.dump.databases.map(({ name }) => name)).toEqual(['postgres', 'shop', 'template1']);
    } finally {
      await on.query('alter role all reset all');
    }
  });
});

describe('the compression of a dump', () => {
  // This machine's pg_dump knows gzip only; what newer ones say is said by a script.
  const newer = (build: string) =>
    `case "$*" in *--help*) echo '  -Z, --compress=METHOD[:DETAIL]';; *) echo 'pg_dump: error: ${build}' >&2; exit 1;; esac`;

  it('is zstd where the program offers it and was built with it, else gzip', async () => {
    const asked = async (script: string) =>
      (await dumpCompression(await on.toolsWith('pg_dump', script))).name;
    expect(await asked(newer('could not create directory "/nonexistent/dump"'))).toBe('zstd');
    expect(await asked(newer('this build does not support compression with ZSTD'))).toBe('gzip');
    expect(await asked(`echo '  -Z, --compress=0-9'`)).toBe('gzip');
  });
});

describe('a logical backup that fails', () => {
  it('leaves nothing, not even files that pg_restore would list, when pg_dump fails at its very end', async () => {
    const store = await on.store();
    for (const end of ['exit 1', 'kill -9 $$']) {
      const tools = await on.toolsWith(
        'pg_dump',
        `case "$*" in *snapshot*) "$real" "$@"; ${end};; *) exec "$real" "$@";; esac`,
      );
      const failure = await failureOf(on.backup(store, { tools }));
      expect(failure).toMatchObject({ reason: 'exit-code' });
      expect(failure.message).toMatch(/pg_dump (exited with 1|was ended by SIGKILL)/);
      await expectNothingIn(store);
    }
  });

  it('says whose lock it waited for, and how long', async () => {
    const store = await on.store();
    const session = await connectTo(on.primary, { database: 'shop' });
    await session.query('begin; lock table city in access exclusive mode');
    const failure = await failureOf(on.backup(store, { lockWaitMs: 300 }));
    await session.end();
    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toMatch(
      /tables of database shop stayed locked for 300ms: public\.city by process \d+ \(/,
    );
    await expectNothingIn(store);
  });

  it('stops at once when it is told to while it waits', async () => {
    const session = await connectTo(on.primary, { database: 'shop' });
    await session.query('begin; lock table city in access exclusive mode');
    const stop = new AbortController();
    const taken = failureOf(on.backup(await on.store(), { signal: stop.signal }));
    await vi.waitFor(async () => {
      const waiting = await on.query(`select 1 from pg_locks where not granted`);
      expect(waiting).not.toEqual([]);
    }, 10_000);
    stop.abort();
    expect(await taken).toMatchObject({ reason: 'cancelled' });
    await session.end();
  });
});

describe('a logical backup that cannot be whole', () => {
  it('is refused beforehand for a role that row security binds', async () => {
    await on.query(
      `create role plain login; alter table city enable row level security; grant select on all tables in schema public to plain`,
    );
    const [hidden] = await on.query(`set role plain; select count(*)::int as n from city`);
    expect(hidden).toEqual({ n: 0 });
    const store = await on.store();
    const password = { passfile: join(on.ground.directory, 'plain.pass') };
    await on.query(`alter role plain password 'x'`);
    await writeFile(password.passfile, '*:*:*:plain:x\n', { mode: 0o600 });
    const failure = await failureOf(
      on.backup(store, { location: { ...on.primary, ...password, user: 'plain' } }),
    );
    expect(failure).toMatchObject({ reason: 'refused' });
    expect(failure.message).toContain('row security');
    await expectNothingIn(store);
    await on.query('alter table city disable row level security; drop owned by plain; drop role plain');
  });

  it('is refused when pg_dump is older than the server, or not there', async () => {
    const store = await on.store();
    const older = { ...on.ground.tools, major: 9 };
    expect(await failureOf(on.backup(store, { tools: older }))).toMatchObject({
      reason: 'unavailable',
      retryable: false,
    });
    const none = { ...on.ground.tools, path: (name: string) => `/nonexistent/${name}` };
    expect((await failureOf(on.backup(store, { tools: none }))).message).toContain('pg_dump is not in');
    await expectNothingIn(store);
  });
});
