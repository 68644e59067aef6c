import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runChild } from '../../src/children/index.js';
import { connectTo, findTools, freePort, killCluster, stopCluster } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { eventually } from '../lab/lab-fixture.js';
import { hourlyAndDaily, makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare());

describe('firedrill restore', () => {
  const count = async (database: string, sql: string) => {
    const session = await connectTo({ ...programme.primary, database });
    const [row] = await session.query(sql).finally(async () => session.end());
    return Object.values(row ?? {})[0];
  };
  const databases = async () =>
    count(
      'postgres',
      `select string_agg(datname, ',' order by datname) from pg_database where datname like 'rides%'`,
    );

  test('beside what is there, and only after that in its place', async () => {
    await programme.takeLogical();
    const beside = await programme.run('restore', '--database', 'rides', '--as', 'rides_copy');
    expectExit(beside, 0);
    // Nothing that was not compared may look as if it had been.
    expect(beside.stdout).toMatch(
      /content +not compared with the backup here: `firedrill verify \S+ --full --environment production`/,
    );
    const typo = await programme.run('restore', '--database', 'ridez', '--as', 'x');
    expectExit(typo, 1);
    expect(typo.stderr).toContain('No dump there holds a database "ridez". Did you mean rides?');
    expect(await count('rides_copy', 'select count(*)::int4 from bookings')).toBe(2000);
    await count('rides', 'delete from bookings where id > 5');
    const ended = await programme.run('restore', '--database', 'rides', '--replace', '--force');
    expectExit(ended, 0);
    expect(await count('rides', 'select count(*)::int4 from bookings')).toBe(2000);
    expect(await databases()).toMatch(/^rides,rides_before_\w+,rides_copy$/);
    for (const part of ['safety copy of rides', 'renamed:  rides to rides_before_'])
      expect(ended.stderr).toContain(part);
    expect(ended.stdout).toMatch(/kept +the old one, closed, as rides_before_/);
  });

  test('nobody at a terminal, another server, a damaged set: refused, and the old one was looked at', async () => {
    const id = await programme.takeLogical();
    const alone = await programme.run('restore', '--database', 'rides', '--replace');
    expectExit(alone, 5);
    expect(alone.stderr).toContain('nobody is at a terminal');
    programme.declare({ policies: hourlyAndDaily, systemIdentifier: '7412345678901234567' });
    const other = await programme.run('restore', '--database', 'rides', '--replace', '--force');
    expectExit(other, 5);
    expect(other.stderr).toContain('system identifier');
    programme.declare({ policies: hourlyAndDaily });
    const folder = join(programme.storeDirectory, id);
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .find((name) => name.endsWith('structure.json'))!;
    chmodSync(file, 0o600);
    writeFileSync(file, '{}');
    const damaged = await programme.run('restore', id, '--database', 'rides', '--replace', '--force');
    expectExit(damaged, 1);
    expect(damaged.stderr).toMatch(/the old rides is there and answers \(3 tables, asked at /);
  });

  test('a new cluster, at a place in the log; what stands in the folder is never touched', async () => {
    expectExit(await programme.run('backup'), 0);
    const lsn = (await count(
      'rides',
      `select pg_current_wal_insert_lsn()::text from pg_logical_emit_message(true, 'x', 'y')`,
    )) as string;
    await count('rides', 'insert into bookings values (999999, $$later$$)');
    await count('rides', 'select pg_switch_wal()');
    const target = programme.at('precious');
    mkdirSync(target);
    writeFileSync(join(target, 'file'), 'keep');
    expectExit(await programme.run('restore', '--into', target), 5);
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('keep');
    const port = await freePort();
    const into = programme.at('side');
    const ended = await programme.run('restore', '--into', into, '--port', String(port), '--to', 'lsn', lsn);
    const location = { ...programme.primary, dataDirectory: into, port, passfile: `${into}.pass` };
    try {
      expectExit(ended, 0);
      expect(ended.stdout).toContain(`it runs on 127.0.0.1:${port}`);
      const session = await connectTo(location);
      const [row] = await session
        .query('select count(*)::int4 as n, count(*) filter (where id = 999999)::int4 as later from bookings')
        .finally(async () => session.end());
      expect(row).toEqual({ n: 2000, later: 0 });
    } finally {
      if (existsSync(into))
        await stopCluster(await findTools(), location, 'fast').catch(async () => killCluster(location));
    }
    const early = await programme.run('restore', '--into', programme.at('early'), '--to', 'lsn', '0/1');
    expectExit(early, 5);
    expect(existsSync(programme.at('early'))).toBe(false);
  });

  test('a restored cluster has its sockets beside it; one that failed leaves none, and a second one takes none away', async () => {
    expectExit(await programme.run('backup'), 0);
    const into = programme.at('beside');
    const ended = await programme.run('restore', '--into', into);
    const location = { ...programme.primary, dataDirectory: into };
    try {
      expectExit(ended, 0);
      const held = readdirSync(`${into}.run`);
      expect(held).toContain('postgresql.log');
      expect(ended.stdout).toMatch(
        /remove it +once it is stopped: rm -r \S+beside \S+beside\.run \S+beside\.pass/,
      );
      expect(ended.stdout).not.toContain('firedrill-sockets-');
      expectExit(await programme.run('restore', '--into', into), 5);
      expect(readdirSync(`${into}.run`)).toEqual(held);
    } finally {
      await killCluster(location);
    }
    // What of it somebody has forgotten to remove stands in nobody's way; anything else does.
    rmSync(into, { recursive: true });
    const other = programme.at('early');
    const early = await programme.run('restore', '--into', other, '--to', 'lsn', '0/1');
    expectExit(early, 5);
    expect(['', '.run', '.pass'].filter((end) => existsSync(`${other}${end}`))).toEqual([]);
    mkdirSync(`${other}.run`);
    writeFileSync(join(`${other}.run`, 'notes.txt'), 'mine');
    const taken = await programme.run('restore', '--into', other);
    expectExit(taken, 5);
    expect(taken.stderr).toContain(`${other}.run exists already`);
    expect(readFileSync(join(`${other}.run`, 'notes.txt'), 'utf8')).toBe('mine');
    const again = await programme.run('restore', '--into', into);
    try {
      expectExit(again, 0);
    } finally {
      await killCluster(location);
    }
  });

  test('what a killed restore left is told as half of one, cannot be started, and stands in the way of nothing else', async () => {
    expectExit(await programme.run('backup'), 0);
    const into = programme.at('killed');
    const note = `${into}.firedrill-restore.json`;
    const running = programme.start('restore', '--into', into);
    running.endInput();
    await eventually('half of a restore', () => {
      expect(running.hasEnded(), running.stderr()).toBe(false);
      return existsSync(note) && existsSync(join(into, 'recovery.signal'));
    });
    running.signal('SIGSTOP');
    expect(existsSync(note)).toBe(true);
    running.signal('SIGKILL');
    await running.ended;
    const tools = await findTools();
    const { account } = programme.primary;
    const start = {
      ...{ file: tools.path('postgres'), args: ['-D', into], timeoutMs: 60_000 },
      ...(account === null ? {} : { account }),
    };
    // Its server goes on without it, or is being started still; by itself it would not even have begun. The process id of a killed one is
    // taken for a server's until somebody has buried it.
    const said = await eventually('no server of the restore', async () => {
      await killCluster({ dataDirectory: into });
      const lines: string[] = [];
      const ended = await runChild({ ...start, onOutput: (chunk) => lines.push(chunk.toString()) });
      expect(ended).toMatchObject({ exitCode: 1 });
      return !lines.join('').includes('postmaster.pid') && lines;
    });
    expect(said.join('')).toMatch(/FATAL: .*half-made by firedrill restore/);
    const again = await programme.run('restore', '--into', into);
    expectExit(again, 5);
    expect(again.stderr).toContain(`${into} holds half of a restore of backup `);
    const [, typed = ''] = /`rm -r ([^`]+)`/.exec(again.stderr) ?? [];
    expect(typed.split(' ')).toEqual([into, `${into}.run`, `${into}.pass`, note]);
    for (const path of typed.split(' ')) rmSync(path, { recursive: true });
    expectExit(await programme.run('restore', '--into', into), 0);
    try {
      expect(existsSync(note)).toBe(false);
      expect(readFileSync(join(into, 'postgresql.auto.conf'), 'utf8')).not.toContain('half-made');
    } finally {
      await killCluster({ dataDirectory: into });
    }
  });

  test('sockets that do not fit beside a cluster lie in /tmp, and go with the next command once nothing runs on it', async () => {
    expectExit(await programme.run('backup'), 0);
    const into = programme.at(`long-${'x'.repeat(90)}`);
    const ended = await programme.run('restore', '--into', into);
    const [sockets = ''] = /\/tmp\/firedrill-sockets-\w+/.exec(ended.stdout) ?? [];
    try {
      expectExit(ended, 0);
      expect(existsSync(sockets)).toBe(true);
      const said = await programme.run('verify');
      expectExit(said, 0);
      expect([existsSync(sockets), said.stderr.includes(sockets)]).toEqual([true, false]);
    } finally {
      await killCluster({ dataDirectory: into });
    }
    // Any command of this machine may be the next one.
    expectExit(await programme.run('verify'), 0);
    expect(existsSync(sockets)).toBe(false);
  });
});
