import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWalReceiver } from '../../src/backup/index.js';
import {
  clusterState,
  connectTo,
  findTools,
  killCluster,
  startCluster,
  stopCluster,
} from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';
import { eventually } from '../lab/lab-fixture.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';
import { answer } from './typed-answer.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
  expectExit(await programme.run('backup'), 0);
});
afterAll(async () => {
  await killCluster(programme.primary);
  await programme.remove();
});

const sql = async (text: string) => {
  const session = await connectTo(programme.primary);
  return session.query(text).finally(async () => session.end());
};
const rows = async () => (await sql('select count(*)::int4 as n from bookings'))[0]?.['n'];
const inode = () => statSync(programme.primary.dataDirectory).ino;
/** Beside the data directory: what is kept, what is half made. */
const beside = () =>
  readdirSync(dirname(programme.primary.dataDirectory)).filter((name) =>
    /^data[_.].*(before|after|restore|swap)/.test(name),
  );
interface Row {
  readonly name: string;
  readonly kind: string;
  readonly unfinished: boolean;
}
const kept = async () => (await programme.data('restore', '--kept'))['kept'] as Row[];
const receive = async () => {
  const { primary: location, walDirectory: directory, ground } = programme;
  await startWalReceiver({ tools: ground.tools, location, directory, slot: 'second_place' });
};

/** Does what a restore says is left to do, as somebody would who copies the command from the screen. */
async function receiveAsTold(said: string): Promise<void> {
  const [, command = ''] = /to do +start the receiver .*: `([^`]+)`; see that it streams/.exec(said) ?? [];
  expect(command).toContain('pg_receivewal');
  const known = readdirSync(programme.walDirectory);
  const receiver = spawn('sh', ['-c', command], { stdio: 'ignore', detached: true });
  const ended = new Promise((exit) => receiver.once('exit', exit));
  try {
    await eventually('its stream', async () => {
      const [slot] = await sql(`select active from pg_replication_slots where slot_name = 'second_place'`);
      expect(receiver.exitCode).toBeNull();
      return slot?.['active'] === true ? true : undefined;
    });
  } finally {
    process.kill(-(receiver.pid ?? 0), 'SIGINT');
    await ended;
  }
  const came = readdirSync(programme.walDirectory).filter((name) => !known.includes(name));
  expect(came).toContain('00000002.history');
  // It is rolled back below, and then this is of the other one's timeline.
  for (const name of came) rmSync(join(programme.walDirectory, name));
}

test('refused without a terminal, for a wrong name, on another server; the old one answers', async () => {
  const before = inode();
  const alone = await programme.run('restore', '--in-place');
  expectExit(alone, 5);
  expect(alone.stderr).toContain('nobody is at a terminal');
  const args = ['--directory', programme.directory, 'restore', '--in-place'];
  const wrong = await answer(args, programme.env, 'type rides:', 'postgres\r');
  expect([wrong.code, wrong.output]).toEqual([5, expect.stringContaining('"postgres" was typed, not rides')]);
  programme.declare({ systemIdentifier: '7412345678901234567' });
  expectExit(await programme.run('restore', '--in-place', '--force'), 5);
  programme.declare();
  expect([await rows(), inode(), beside()]).toEqual([2000, before, []]);
});

test('a target that became another one while the restore was made is not swapped, and runs', async () => {
  const before = inode();
  const signal = join(programme.primary.dataDirectory, 'standby.signal');
  const running = programme.start('restore', '--in-place', '--force');
  running.endInput();
  try {
    await until('the restore', () => /unpacking/.test(running.stderr()));
    writeFileSync(signal, '');
    const ended = await running.ended;
    expectExit(ended, 5);
    expect(ended.stderr).toContain('its files make it a standby');
  } finally {
    rmSync(signal, { force: true });
  }
  expect([inode(), beside()]).toEqual([before, []]);
  // It was started again with the file there, as a standby would be: for the rest it is made a primary again.
  const tools = await findTools();
  await stopCluster(tools, programme.primary);
  await startCluster(tools, programme.primary);
  await receive();
  expect(await rows()).toBe(2000);
});

test('Ctrl-C in the middle starts the old one again and leaves nothing half made', async () => {
  const before = inode();
  const running = programme.start('restore', '--in-place', '--force');
  running.endInput();
  await until('the restore', () => /unpacking/.test(running.stderr()));
  running.signal('SIGINT');
  const ended = await running.ended;
  expectExit(ended, 130);
  expect(ended.stderr).toContain('the old cluster is there and answers');
  expect([await rows(), inode(), beside()]).toEqual([2000, before, []]);
  await receive();
});

test('killed in the middle: shown with its name, and put right by rolling it back', async () => {
  const before = inode();
  const running = programme.start('restore', '--in-place', '--force');
  running.endInput();
  await until('the restore', () => /unpacking/.test(running.stderr()));
  running.signal('SIGKILL');
  await running.ended;
  expect(await clusterState(programme.primary)).toBe('stopped');
  const [left] = await kept();
  expect(left).toMatchObject({ kind: 'cluster', unfinished: true });
  expectExit(await programme.run('restore', '--accept', left!.name, '--force'), 5);
  const ended = await programme.run('restore', '--roll-back', left!.name);
  expectExit(ended, 0);
  expect(ended.stdout).toMatch(/started \S+ again[^]*removed the half-made/);
  expect([await rows(), inode(), beside()]).toEqual([2000, before, []]);
  await receive();
});

test('restored up to the latest commit, none is missing; the old one is kept, comes back, and is let go', async () => {
  const before = inode();
  await sql(`alter system set work_mem = '9MB'`);
  await sql('insert into bookings values (900001, $$the last one$$)');
  const ended = await programme.run('restore', '--in-place', '--force');
  expectExit(ended, 0);
  expect(ended.stdout).toContain('no commit is missing');
  expect(ended.stdout).toMatch(/kept +the old one, as data_before_/);
  expect(ended.stdout).toMatch(/restore --roll-back data_before_\w+ --environment production/);
  // Where it followed others from was never its own, and is not to be set back.
  expect(ended.stdout.match(/still off.*/g)).toEqual([expect.stringContaining("archive_mode = 'off'")]);
  expect(ended.stdout).not.toContain('primary_conninfo');
  expect(inode()).not.toBe(before);
  expect(await rows()).toBe(2001);
  expect((await sql('select slot_name::text as slot from pg_replication_slots'))[0]?.['slot']).toBe(
    'second_place',
  );
  await receiveAsTold(ended.stdout);
  const [old] = await kept();
  expect(old).toMatchObject({ kind: 'cluster', unfinished: false });
  expect(beside().filter((name) => !name.startsWith(old!.name))).toEqual([]);
  const dry = await programme.run('prune', '--dry-run');
  expect(dry.stdout).toMatch(new RegExp(`stays +\\S*${old!.name} .*: its restore is not accepted`));

  await sql('insert into bookings values (900002, $$on the restored one$$)');
  const typo = await programme.run('restore', '--roll-back', old!.name.replace('before', 'befor'));
  expectExit(typo, 2);
  expect(typo.stderr).toContain(`Did you mean ${old!.name}?`);
  const back = await programme.data('restore', '--roll-back', old!.name, '--force');
  expect(back['exit']).toBe(0);
  // One instruction, not two that contradict each other: the old folder holds another timeline by now.
  expect(back['toDo']).toEqual([
    expect.stringMatching(
      /receiver .* into a new folder, .*wal\.directory.*`.*mkdir -m 700 (\S+) && .*pg_receivewal .* -D \1 .*`.*see that it streams$/,
    ),
  ]);
  expect([inode(), await rows()]).toEqual([before, 2001]);
  const [restored] = await kept();
  expect(restored!.name).toBe(back['keptAs']);
  expect(restored!.name).toMatch(/^data_after_/);
  const accepted = await programme.data('restore', '--accept', restored!.name, '--force');
  expect(accepted).toMatchObject({ exit: 0, removed: true });
  expect([beside(), await rows()]).toEqual([[], 2001]);
  expect(existsSync(programme.primary.dataDirectory)).toBe(true);
  expect(basename(programme.primary.dataDirectory)).toBe('data');
});

test('restored up to a chosen place, the old one serves until the swap, and has what was written since', async () => {
  await receive();
  const at = (await sql('select pg_current_wal_insert_lsn()::text as lsn'))[0]?.['lsn'] as string;
  await sql('insert into bookings values (900003, $$since$$)');
  await sql('select pg_switch_wal()');
  const data = await programme.data('restore', '--in-place', '--to', 'lsn', at, '--force');
  expect(data).toMatchObject({ exit: 0, mode: 'in-place', cleanStop: true });
  expect(data['evidence']).toContain('not compared with the manifest: it describes another place in the log');
  expect(await rows()).toBe(2001);
  const [old] = await kept();
  const args = ['--directory', programme.directory, 'restore', '--roll-back', old!.name];
  const back = await answer(args, programme.env, 'type rides:', 'rides\r');
  expect([back.code, back.output]).toEqual([
    0,
    expect.stringContaining('is the one from before the restore'),
  ]);
  expect(await rows()).toBe(2002);
});
