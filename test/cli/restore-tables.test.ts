import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectTo, findPostmaster } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';
import { hourlyAndDaily, makeBackupProgramme, type BackupProgramme } from './backup-ground.js';
import { answer } from './typed-answer.js';

const policies = hourlyAndDaily;
/** A parent and a child with a sequence, and a trigger that would leave a trace. */
const schema = `
  create table trips (id bigserial primary key, city int not null references cities, fare numeric not null);
  insert into trips (city, fare) select 1 + i % 300, i from generate_series(1, 3000) i;
  create table fired (what text);
  create function fire() returns trigger language plpgsql as $$ begin insert into public.fired values (tg_op); return new; end $$;
  create trigger count_trips after insert or delete on trips for each row execute function fire();
`;

let programme: BackupProgramme;
let dump = '';
const sql = async (text: string) => {
  const session = await connectTo(programme.primary);
  return session.query(text).finally(async () => session.end());
};
const number = async (text: string) => Number(Object.values((await sql(text))[0] ?? {})[0]);
const leftovers = () =>
  readdirSync(programme.ground.directory).filter((name) => name.startsWith('firedrill-'));

beforeAll(async () => {
  programme = await makeBackupProgramme();
  await sql(schema);
  programme.declare({ policies });
  const { backups } = (await programme.data('backup', '--all')) as { backups: { set: { id: string } }[] };
  dump = backups[1]?.set.id ?? '';
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare({ policies }));

test('rows that are missing come back from a physical set, up to a place in the log; nothing written since is changed', async () => {
  const at = (await sql('select pg_current_wal_insert_lsn()::text as lsn'))[0]?.['lsn'] as string;
  await sql('delete from trips where id > 100; truncate fired');
  await sql('update trips set fare = -1 where id = 7');
  await sql('delete from cities where id not in (select city from trips)');
  await sql('select pg_switch_wal()');
  const ended = await programme.run(
    ...['restore', '--table', 'public.trips,public.cities', '--to', 'lsn', at, '--force'],
  );
  expectExit(ended, 0);
  expect(ended.stdout).toMatch(
    /public\.trips: 2900 missing rows put in, 99 are there as in the backup, 1 differ from it and were .*; 3000 now/,
  );
  expect(ended.stdout).toContain(
    'triggers     did not fire, and are on again as before: count_trips of public.trips',
  );
  // The parent before the child.
  expect(ended.stdout.indexOf('public.cities:')).toBeLessThan(ended.stdout.indexOf('public.trips:'));
  expect(await number('select count(*) from trips')).toBe(3000);
  expect(await number('select count(*) from cities')).toBe(300);
  expect(await number('select fare from trips where id = 7')).toBe(-1);
  expect(await number('select count(*) from fired')).toBe(0);
  expect(
    await number(`select count(*) from pg_trigger where tgname = 'count_trips' and tgenabled = 'O'`),
  ).toBe(1);
  expect(await number(`insert into trips (city, fare) values (1, 1) returning id`)).toBe(3001);
  expect(leftovers()).toEqual([]);
});

test('exactly the rows of a dump, and only when somebody says that what was written since goes', async () => {
  await sql('update trips set fare = 0');
  const args = ['restore', dump, '--table', 'trips', '--into-database', 'rides', '--rows', 'all'];
  const careful = await programme.run(...args, '--force');
  expectExit(careful, 5);
  expect(careful.stderr).toContain('--throw-away');
  expect(await number('select sum(fare) from trips')).toBe(0);
  expect(leftovers()).toEqual([]);
  const data = await programme.data(...args, '--throw-away', '--force');
  expect(data).toMatchObject({
    ...{ exit: 0, mode: 'tables', rows: 'all', database: 'rides', triggers: ['count_trips of public.trips'] },
    tables: [{ table: 'public.trips', rows: 3000 }],
  });
  expect(await number('select sum(fare) from trips')).toBe((3000 * 3001) / 2);
});

test('exactly the rows of a physical set: refused where somebody wrote since, done where nobody did or somebody says so', async () => {
  const at = (await sql('select pg_current_wal_insert_lsn()::text as lsn'))[0]?.['lsn'] as string;
  await sql('update trips set fare = 0 where id <= 10; delete from trips where id = 11');
  await sql('select pg_switch_wal()');
  const earlier = ['restore', '--table', 'public.trips', '--rows', 'all', '--to', 'lsn', at, '--force'];
  const careful = await programme.run(...earlier);
  expectExit(careful, 5);
  expect(careful.stderr).toMatch(/public\.trips was changed on the live cluster after the side instance/);
  expect(careful.stderr).toContain('--throw-away');
  expect(await number('select sum(fare) from trips where id <= 11')).toBe(0);
  const thrown = await programme.run(...earlier, '--throw-away');
  expectExit(thrown, 0);
  expect(thrown.stdout).toContain('public.trips: 3000 rows, count and content hash as in the backup');
  expect(await number('select sum(fare) from trips')).toBe((3000 * 3001) / 2);
  // Nothing was written since: that is read from the log, and nobody has to give anything up.
  const latest = await programme.run('restore', '--table', 'trips', '--rows', 'all', '--force');
  expectExit(latest, 0);
  expect(await number('select sum(fare) from trips')).toBe((3000 * 3001) / 2);
  expect(leftovers()).toEqual([]);
});

test('a table that is not there, nobody at a terminal, a wrong name: nothing is begun', async () => {
  const typo = await programme.run('restore', '--table', 'public.tripps', '--force');
  expectExit(typo, 5);
  expect(typo.stderr).toContain('Did you mean public.trips?');
  const alone = await programme.run('restore', '--table', 'public.trips');
  expectExit(alone, 5);
  expect(alone.stderr).toContain('nobody is at a terminal');
  const args = ['--directory', programme.directory, 'restore', '--table', 'public.trips'];
  const wrong = await answer(args, programme.env, 'type rides:', 'trips\r');
  expect([wrong.code, wrong.output]).toEqual([5, expect.stringContaining('"trips" was typed, not rides')]);
  programme.declare({ policies, systemIdentifier: '7412345678901234567' });
  expectExit(await programme.run('restore', '--table', 'public.trips', '--force'), 5);
});

test('Ctrl-C ends the side instance and removes it, and the tables are as they were', async () => {
  await sql('delete from trips where id > 50');
  const running = programme.start('restore', dump, '--table', 'trips', '--force');
  running.endInput();
  await until(
    'the side instance',
    () => leftovers().length > 0 && /restoring database/.test(running.stderr()),
  );
  running.signal('SIGINT');
  expectExit(await running.ended, 130);
  expect(await number('select count(*) from trips')).toBe(50);
  expect(leftovers()).toEqual([]);
});

test('killed in the middle: the tables are as they were, and the next one removes the side instance that was left', async () => {
  const running = programme.start('restore', dump, '--table', 'trips', '--force');
  running.endInput();
  const serverOf = async (name: string) =>
    findPostmaster(join(programme.ground.directory, name, 'data')).catch(() => null);
  await until(
    'the side instance',
    () => leftovers().length > 0 && /restoring database/.test(running.stderr()),
  );
  running.signal('SIGKILL');
  await running.ended;
  const [left = ''] = leftovers();
  expect(left).not.toBe('');
  expect(await number('select count(*) from trips')).toBe(50);
  expectExit(await programme.run('restore', dump, '--table', 'trips', '--force'), 0);
  expect(await number('select count(*) from trips')).toBe(3000);
  expect([leftovers(), await serverOf(left)]).toEqual([[], null]);
});
