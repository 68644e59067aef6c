import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { acceptSwap, finishSwap, keptDatabases, rollBackSwap, swapDatabase } from '../../src/backup/index.js';
import { connectTo, endConnections, type ClusterLocation } from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

let ground: Ground;
let server: ClusterLocation;
beforeAll(async () => {
  ground = await openGround();
  server = await ground.cluster('server', {
    max_prepared_transactions: '5',
    wal_level: 'logical',
    max_connections: '60',
  });
});
afterAll(async () => ground.remove());

const at = (database: string): ClusterLocation => ({ ...server, database });
const sql = async (text: string, database = 'postgres') =>
  ground.withSession(at(database), async (session) => session.query(text));
const isOpen = async (database: string) =>
  (await sql(`select datallowconn as open from pg_database where datname = '${database}'`))[0]?.['open'];

async function make(name: string, who: string): Promise<void> {
  await sql(`create database ${name}`);
  await sql(`create table who(am_i text); insert into who values ('${who}')`, name);
}
const whoIs = async (name: string) => (await sql('select am_i from who', name))[0]?.['am_i'];

/** Clients that connect, ask and connect again as fast as they can, whatever they are told, until stopped. */
function swarm(database: string, clients: number) {
  const state = { over: false, connected: 0, after: null as number | null };
  const loops = Array.from({ length: clients }, async () => {
    while (!state.over) {
      const session = await connectTo(at(database)).catch(() => null);
      if (session === null) continue;
      state.connected += 1;
      if (state.after !== null) state.after += 1;
      await session.query('select pg_sleep(0.02)').catch(() => undefined);
      await session.end();
    }
  });
  return {
    state,
    stop: async () => {
      state.over = true;
      await Promise.all(loops);
    },
  };
}

describe('ending connections', () => {
  it('leaves nobody in and lets nobody in, however hard they try', async () => {
    await make('busy', 'busy');
    const clients = swarm('busy', 12);
    const session = await connectTo(server);
    try {
      await vi.waitFor(() => expect(clients.state.connected).toBeGreaterThan(30), { timeout: 20_000 });
      const steady = await connectTo(at('busy'), { applicationName: 'steady' });
      const closed = await endConnections(session, 'busy');
      clients.state.after = 0;
      expect(closed.ended.map((one) => one.application)).toContain('steady');
      await steady.end();
      const inside = () =>
        session.query(`select count(*)::int as n from pg_stat_activity where datname = 'busy'`);
      for (let look = 0; look < 50; look += 1) expect(await inside()).toEqual([{ n: 0 }]);
      // Nobody is in it: it can be renamed while they are still trying.
      await session.query('alter database busy rename to busy_no_more');
      await session.query('alter database busy_no_more rename to busy');
      expect(clients.state.after).toBe(0);
      await closed.reopen();
      await vi.waitFor(() => expect(clients.state.after).toBeGreaterThan(10), { timeout: 20_000 });
    } finally {
      await clients.stop();
      await session.end();
    }
  });

  it('names who does not leave, and opens the database again', async () => {
    await make('stuck', 'stuck');
    const held = await connectTo(at('stuck'), { applicationName: 'a frozen client' });
    const [{ pid } = {}] = await held.query('select pg_backend_pid() as pid');
    process.kill(Number(pid), 'SIGSTOP');
    const session = await connectTo(server);
    try {
      const failure = await failureOf(endConnections(session, 'stuck', { timeoutMs: 300 }));
      expect(failure.reason).toBe('timeout');
      expect(failure.message).toContain(`process ${Number(pid)} of admin (a frozen client)`);
      expect(await isOpen('stuck')).toBe(true);
      const aborted = await failureOf(endConnections(session, 'stuck', { signal: AbortSignal.abort() }));
      expect(aborted.reason).toBe('cancelled');
      expect(await isOpen('stuck')).toBe(true);
    } finally {
      process.kill(Number(pid), 'SIGCONT');
      await session.end();
      await held.end();
    }
  });

  it('says what stays although nobody is connected, and refuses from inside', async () => {
    await make('tied', 'tied');
    await sql(`select pg_create_logical_replication_slot('follower', 'test_decoding')`, 'tied');
    await sql(`begin; insert into who values ('waiting'); prepare transaction 'tx one'`, 'tied');
    const session = await connectTo(server);
    try {
      const closed = await endConnections(session, 'tied');
      expect(closed.stays).toEqual(["prepared transaction 'tx one' of admin", 'replication slot follower']);
      await closed.reopen();
      expect((await failureOf(endConnections(session, 'postgres'))).reason).toBe('invalid');
      expect((await failureOf(endConnections(session, 'nowhere'))).reason).toBe('invalid');
    } finally {
      await session.end();
    }
  });
});

describe('putting a restored database in service', () => {
  const properties = async (name: string) =>
    sql(`select pg_get_userbyid(datdba) as owner, datconnlimit, shobj_description(d.oid, 'pg_database') as comment,
           (select array_agg(a::text order by a::text) from aclexplode(datacl) a) as acl,
           (select jsonb_agg(jsonb_build_array(setrole::regrole, setconfig) order by setrole) from pg_db_role_setting where setdatabase = d.oid) as settings
         from pg_database d where datname = '${name}'`);

  it('changes the names at once, under clients that never stop, and every property stays with the name', async () => {
    await make('shop', 'old');
    await sql(`create role clerk; create role boss; create role "Odd One"; alter database shop owner to boss; alter database shop connection limit 40;
      revoke connect on database shop from public; grant connect on database shop to clerk with grant option; grant create on database shop to "Odd One";
      set role clerk; grant connect on database shop to "Odd One"; reset role;
      alter database shop set search_path to public, "Odd, Schema"; alter database shop set work_mem to '7MB'; alter database shop set shop.motto to 'it''s \\ ours';
      alter role clerk in database shop set statement_timeout to '5s'; comment on database shop is 'sells things {"format": "no note"}'`);
    await make('shop_restored', 'new');
    await sql(`alter database shop_restored set work_mem to '1MB'; alter database shop_restored set jit to off; comment on database shop_restored is 'fresh';
      grant temporary on database shop_restored to clerk; alter role boss in database shop_restored set work_mem to '9MB'`);
    const before = await properties('shop');
    const clients = swarm('shop', 6);
    await vi.waitFor(() => expect(clients.state.connected).toBeGreaterThan(10), { timeout: 20_000 });
    const steady = await connectTo(at('shop'), { applicationName: 'steady' });
    const said: string[] = [];
    const swapped = await swapDatabase({
      location: server,
      database: 'shop',
      with: 'shop_restored',
      output: (text) => said.push(text),
    });
    clients.state.after = 0;
    await vi.waitFor(() => expect(clients.state.after).toBeGreaterThan(5), { timeout: 20_000 });
    await clients.stop();
    expect(swapped.keptAs).toMatch(/^shop_before_\d{8}T\d{6}Z$/);
    expect(swapped.ended.map((one) => one.application)).toContain('steady');
    await steady.end();
    expect(await whoIs('shop')).toBe('new');
    expect(await properties('shop')).toEqual(before);
    expect(await isOpen(swapped.keptAs)).toBe(false);
    expect(await isOpen('shop')).toBe(true);
    expect((await keptDatabases(server)).map((one) => [one.name, one.note.phase])).toEqual([
      [swapped.keptAs, 'kept'],
    ]);
    expect(await sql(`select 1 from pg_database where datname = 'shop_restored'`)).toEqual([]);

    // What was written meanwhile stays in the one that goes out again.
    await sql(`insert into who values ('written since')`, 'shop');
    const back = await rollBackSwap({ location: server, kept: swapped.keptAs });
    expect(await whoIs('shop')).toBe('old');
    expect(await properties('shop')).toEqual(before);
    expect(back.keptAs).toMatch(/^shop_after_/);
    expect((await keptDatabases(server)).map((one) => one.name)).toEqual([back.keptAs]);

    const wrong = { location: server, kept: back.keptAs };
    expect((await failureOf(acceptSwap({ ...wrong, typed: 'shop' }))).reason).toBe('refused');
    expect((await failureOf(acceptSwap({ location: server, kept: 'shop', typed: 'shop' }))).reason).toBe(
      'refused',
    );
    expect(await acceptSwap({ ...wrong, typed: back.keptAs, remove: false })).toEqual({ removed: false });
    expect((await keptDatabases(server))[0]?.note.phase).toBe('accepted');
    expect(await acceptSwap({ ...wrong, typed: back.keptAs })).toEqual({ removed: true });
    expect(await keptDatabases(server)).toEqual([]);
    expect(await whoIs('shop')).toBe('old');
  });

  it('refuses before touching anything: ties that would stay behind, names that are taken', async () => {
    await make('tied_restored', 'new');
    const swap = { location: server, database: 'tied', with: 'tied_restored' };
    const failure = await failureOf(swapDatabase(swap));
    expect(failure.reason).toBe('refused');
    expect(failure.message).toContain("prepared transaction 'tx one' of admin, replication slot follower");
    expect(await isOpen('tied')).toBe(true);
    await sql(`rollback prepared 'tx one'`, 'tied');
    await sql(`select pg_drop_replication_slot('follower')`, 'tied');
    await sql(
      `create subscription following connection 'dbname=elsewhere' publication p with (connect = false, slot_name = none)`,
      'tied',
    );
    expect((await failureOf(swapDatabase(swap))).message).toContain('subscription following');
    await sql('drop subscription following', 'tied');
    expect((await failureOf(swapDatabase({ ...swap, keepAs: 'busy' }))).reason).toBe('refused');
    expect((await failureOf(swapDatabase({ ...swap, database: 'template1' }))).reason).toBe('refused');
    expect((await failureOf(swapDatabase({ ...swap, with: 'nowhere' }))).reason).toBe('invalid');
    expect((await failureOf(swapDatabase({ ...swap, signal: AbortSignal.abort() }))).reason).toBe(
      'cancelled',
    );
    expect([await isOpen('tied'), await isOpen('tied_restored')]).toEqual([true, true]);
    expect(await properties('tied')).toMatchObject([{ comment: null }]);
    expect(await whoIs('tied')).toBe('tied');
  });

  it.each(['closed tied,', 'closed tied_restored', 'renamed tied to', 'renamed tied_restored to'])(
    'a process killed at “%s” leaves one whole database, which the next call opens',
    async (word) => {
      await sql(`comment on database tied is 'mine'`);
      const given = JSON.stringify({ location: server, database: 'tied', with: 'tied_restored' });
      const loader = new URL('../executor/fixtures/resolve-ts.mjs', import.meta.url).pathname;
      const program = new URL('fixtures/die-in-swap.ts', import.meta.url).pathname;
      const child = spawn(process.execPath, ['--import', loader, program, given, word], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      expect(await isOpen('tied')).toBe(false);
      const done = await finishSwap(server, 'tied');
      expect(done[0]).toMatch(/^opened tied again: replacing tied was begun at .* and never finished$/);
      expect(await whoIs('tied')).toBe('tied');
      expect(await whoIs('tied_restored')).toBe('new');
      expect(await properties('tied')).toMatchObject([{ comment: 'mine' }]);
      expect(await finishSwap(server, 'tied')).toEqual([]);
      expect((await keptDatabases(server)).filter((one) => one.note.database === 'tied')).toEqual([]);
    },
  );

  it('goes on where a killed one was, without being asked', async () => {
    const given = JSON.stringify({ location: server, database: 'tied', with: 'tied_restored' });
    const loader = new URL('../executor/fixtures/resolve-ts.mjs', import.meta.url).pathname;
    const program = new URL('fixtures/die-in-swap.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', loader, program, given, 'renamed tied to'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(child, 'exit');
    const swapped = await swapDatabase({ location: server, database: 'tied', with: 'tied_restored' });
    expect(await whoIs('tied')).toBe('new');
    expect(await properties('tied')).toMatchObject([{ comment: 'mine' }]);
    await rollBackSwap({ location: server, kept: swapped.keptAs });
    expect(await whoIs('tied')).toBe('tied');
    expect(await properties('tied')).toMatchObject([{ comment: 'mine' }]);
  });
});
