import { createSocket } from 'node:dgram';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { holdStore } from '../../src/backup/index.js';
import { connectTo, freePort, killCluster, stopCluster, findTools } from '../../src/postgres/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';
import {
  hourly,
  makeBackupProgramme,
  verified,
  wrongPassfile,
  type BackupProgramme,
} from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare());

interface Row {
  readonly id: string;
  readonly way: string;
  readonly verified: { readonly countersigned: boolean } | null;
}
const sets = async () => (await programme.data('backups'))['sets'] as Row[];
const both = `${hourly}\n  daily: {way: logical, store: main, interval: 1d}`;
const takeLogical = async () => {
  programme.declare({ policies: both });
  const { backups } = (await programme.data('backup', 'daily')) as { backups: { set: { id: string } }[] };
  return backups[0]?.set.id ?? '';
};

describe('firedrill backup', () => {
  test('says what was made, where it is, what it is worth and what to do next; the list has it', async () => {
    const ended = await programme.run('backup');
    expectExit(ended, 0);
    const [id = ''] = /\d{4}-[0-9T-]+Z-physical-[0-9a-f]+/.exec(ended.stdout) ?? [];
    for (const part of [
      'size',
      'time',
      `main (folder ${programme.storeDirectory})`,
      'partial: ',
      `firedrill verify ${id}`,
    ])
      expect(ended.stdout).toContain(part);
    expect(await sets()).toEqual([
      expect.objectContaining({ id, way: 'physical', verified: null, stores: ['main'] }),
    ]);
  });

  test('is quiet for cron, and one JSON document for programs', async () => {
    const quiet = await programme.run('--quiet', 'backup');
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
    const { backups } = (await programme.data('backup', '--way', 'physical')) as { backups: unknown[] };
    expect(backups).toEqual([
      expect.objectContaining({
        policy: 'hourly',
        set: expect.objectContaining({
          way: 'physical',
          bytes: expect.any(Number) as number,
          losses: expect.any(Array) as string[],
        }) as object,
      }),
    ]);
    const [{ set } = { set: { bytes: Infinity, serverBytes: 0 } }] = backups as {
      set: { bytes: number; serverBytes: number };
    }[];
    // Compressed, by the program's own figures: what lies in the store against what the server holds.
    expect(set.bytes).toBeLessThan(set.serverBytes / 2);
  });

  test('several policies are named, and all of them are taken when asked for', async () => {
    programme.declare({ policies: both });
    const ended = await programme.run('backup');
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain('hourly, daily');
    const { backups } = (await programme.data('backup', '--all')) as { backups: { set: { way: string } }[] };
    expect(backups.map((one) => one.set.way)).toEqual(['physical', 'logical']);
  });

  test.each<
    [name: string, code: number, says: RegExp, change: () => Parameters<BackupProgramme['declare']>[0]]
  >([
    ['a wrong password', 6, /password/, () => ({ passfile: wrongPassfile(programme) })],
    ['a server that is not there', 6, /127\.0\.0\.1:1\b/, () => ({ port: 1 })],
    ['no stream of the log', 3, /wal: \{directory/, () => ({ without: ['wal'] })],
    [
      'a stream that nobody receives',
      6,
      /pg_receivewal -D/,
      () => ({ environment: { wal: `{directory: ${programme.walDirectory}, slot: nobody}` } }),
    ],
    ['no key to sign with', 6, /signing\.keyFile/, () => ({ without: ['signing'] })],
    ['an unknown key of a policy', 3, /validate/, () => ({ policies: `${hourly.slice(0, -1)}, keeep: 3}` })],
  ])('%s ends with its exit code and a way out, in one line when quiet', async (_, code, says, change) => {
    const before = readdirSync(programme.storeDirectory);
    programme.declare(change());
    const ended = await programme.run('--quiet', 'backup');
    expectExit(ended, code);
    expect(ended.stderr).toMatch(says);
    if (code !== 3 || !says.source.includes('validate'))
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(programme.storeDirectory)).toEqual(before);
  });

  test('a role that row security may keep from rows cannot take a dump', async () => {
    programme.declare({ user: 'clerk', policies: '  daily: {way: logical, store: main, interval: 1d}' });
    const pass = readFileSync(programme.primary.passfile ?? '', 'utf8');
    const password = pass.trimEnd().split(':').at(-1) ?? '';
    const session = await connectTo(programme.primary);
    await session.query(`alter role clerk password '${password}'`).finally(async () => session.end());
    writeFileSync(programme.at('clerk.pass'), pass.replace(':admin:', ':clerk:'), { mode: 0o600 });
    programme.declare({
      user: 'clerk',
      passfile: programme.at('clerk.pass'),
      policies: '  daily: {way: logical, store: main, interval: 1d}',
    });
    const ended = await programme.run('backup');
    expectExit(ended, 5);
    expect(ended.stderr).toContain('bypassrls');
  });

  test('a store that is held is said to be, and waited for when asked', async () => {
    const store = openLocalStore(programme.storeDirectory);
    const held = await holdStore(store, { work: 'prune', purpose: 'pruning by somebody' });
    const ended = await programme.run('backup');
    expectExit(ended, 6);
    expect(ended.stderr).toContain('pruning by somebody');
    const waiting = programme.start('backup', '--wait', '60s');
    waiting.endInput();
    await until('the waiting', () => waiting.stderr().includes('waiting for store main'));
    await held.release();
    expectExit(await waiting.ended, 0);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s cancels it, leaves nothing half-made and ends with %i', async (signal, code) => {
    const before = readdirSync(programme.storeDirectory).sort();
    const running = programme.start('backup');
    running.endInput();
    await until('a set being made', () =>
      readdirSync(programme.storeDirectory).some((name) => name.endsWith('.partial')),
    );
    running.signal(signal);
    expectExit(await running.ended, code);
    const after = readdirSync(programme.storeDirectory).sort();
    expect(after.filter((name) => name !== 'locks')).toEqual(before.filter((name) => name !== 'locks'));
  });

  test('its end is a line in the system’s log, its failure too, and a log that is not there changes nothing', async () => {
    const heard: string[] = [];
    const socket = createSocket('udp4').on('message', (message) => heard.push(message.toString('utf8')));
    await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
    try {
      const env = { FIREDRILL_SYSLOG: `udp://127.0.0.1:${socket.address().port}` };
      expectExit(await programme.runWith(env, 'backups'), 0);
      await until('the line', () => heard.some((line) => /firedrill.*backups: \d+ sets/.test(line)));
      expectExit(await programme.runWith(env, 'verify', '2000'), 1);
      await until('the failure', () =>
        heard.some((line) => /firedrill.*verify failed: there is no backup 2000/.test(line)),
      );
      // Facility user (1): notice is 13, err is 11.
      expect(heard.map((line) => /^<(\d+)>/.exec(line)?.[1])).toEqual(['13', '11']);
    } finally {
      socket.close();
    }
    expectExit(
      await programme.runWith({ PATH: `${process.env['PATH'] ?? ''}:/nowhere` }, 'backups', '--syslog'),
      0,
    );
  });
});

describe('firedrill verify', () => {
  test('without --full it is partial and says so; with it every test is shown, and the set counts as verified', async () => {
    programme.declare({ policies: verified });
    const session = await connectTo(programme.primary);
    await session
      .query('insert into canary select max(id) + 1 from canary')
      .finally(async () => session.end());
    expectExit(await programme.run('backup'), 0);
    const partial = await programme.run('verify');
    expectExit(partial, 0);
    expect(partial.stdout.trimEnd().split('\n').at(-1)).toMatch(/: partial, .* not run: 2, 4, 5, 6, 7, 8$/);
    expect((await sets())[0]?.verified).toBeNull();
    const full = await programme.run('verify', '--full');
    expectExit(full, 0);
    for (const n of [1, 3, 4, 5, 6, 7, 8]) expect(full.stdout).toMatch(new RegExp(`✓ ${n} .*: pass`));
    expect(full.stdout).toMatch(/: verified · 7\/7 required/);
    expect((await sets())[0]?.verified).toEqual(expect.objectContaining({ countersigned: false }));
    expect(readdirSync(programme.ground.directory).filter((name) => name.startsWith('firedrill-'))).toEqual(
      [],
    );
  });

  test('a file that was cut fails, with exit 1, and one without its signature is listed as broken', async () => {
    const id = await takeLogical();
    const folder = join(programme.storeDirectory, id);
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => statSync(name).isFile() && !name.endsWith('manifest.json'))
      .sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
    chmodSync(file, 0o600);
    truncateSync(file, statSync(file).size - 1);
    const ended = await programme.run('verify', id);
    expectExit(ended, 1);
    expect(ended.stdout).toMatch(/✗ 1 .*: fail/);
    expect(ended.stderr).toContain('NOT verified');
    chmodSync(join(folder, 'manifest.json'), 0o600);
    writeFileSync(join(folder, 'manifest.json'), '{}');
    const listed = await programme.run('backups');
    expect(listed.stdout).toMatch(new RegExp(`✗ ${id} in main: .+`));
    expectExit(await programme.run('verify', id), 1);
  });
});

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
    await takeLogical();
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
    const id = await takeLogical();
    const alone = await programme.run('restore', '--database', 'rides', '--replace');
    expectExit(alone, 5);
    expect(alone.stderr).toContain('nobody is at a terminal');
    programme.declare({ policies: both, systemIdentifier: '7412345678901234567' });
    const other = await programme.run('restore', '--database', 'rides', '--replace', '--force');
    expectExit(other, 5);
    expect(other.stderr).toContain('system identifier');
    programme.declare({ policies: both });
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
});

describe('firedrill prune', () => {
  test('prints why each set stays, touches nothing with --dry-run, and removes what may go', async () => {
    programme.declare({
      policies: '  short: {way: logical, store: main, interval: 1h, retention: {keep: 1, for: 1ms}}',
    });
    for (let taken = 0; taken < 3; taken += 1) expectExit(await programme.run('--quiet', 'backup'), 0);
    const mine = async () => (await sets()).map((one) => one.id);
    const before = await mine();
    const dry = await programme.run('prune', '--dry-run');
    expectExit(dry, 0);
    expect(dry.stdout).toContain('policy short, store main: 2 of 3 sets go');
    expect(dry.stdout).toMatch(/stays +\S+ .*it is among the newest 1/);
    expect(await mine()).toEqual(before);
    const quiet = await programme.run('--quiet', 'prune', '--dry-run');
    expect([quiet.code, quiet.stderr]).toEqual([0, '']);
    expect(quiet.stdout).toContain('policy short, store main: 2 of 3 sets go');
    const list = await programme.run('--quiet', 'backups');
    expect([list.code, list.stderr]).toEqual([0, '']);
    for (const id of before) expect(list.stdout).toContain(id);
    expectExit(await programme.run('prune'), 0);
    expect(await mine()).toHaveLength(before.length - 2);
    const data = await programme.data('prune', '--dry-run');
    expect(data).toMatchObject({ dryRun: true, stores: [{ store: 'main', done: null }] });
  });
});
