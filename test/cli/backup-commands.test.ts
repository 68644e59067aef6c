import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { holdStore } from '../../src/backup/index.js';
import { connectTo } from '../../src/postgres/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';
import {
  hourly,
  hourlyAndDaily,
  makeBackupProgramme,
  wrongPassfile,
  type BackupProgramme,
} from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare());

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
    expect(await programme.sets()).toEqual([
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
    programme.declare({ policies: hourlyAndDaily });
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
    const ended = await running.ended;
    expectExit(ended, code);
    expect(ended.stderr).toContain(
      `cancelled; nothing of this backup is left in ${programme.storeDirectory}`,
    );
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
