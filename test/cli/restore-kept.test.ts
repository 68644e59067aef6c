import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { acceptSwap } from '../../src/backup/index.js';
import { connectTo, textColumn } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';
import { hourlyAndDaily, makeBackupProgramme, type BackupProgramme } from './backup-ground.js';
import { answer } from './typed-answer.js';

const policies = hourlyAndDaily;
let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
  programme.declare({ policies });
  expectExit(await programme.run('backup', 'daily'), 0);
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare({ policies }));

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly accepted: boolean;
  readonly unfinished: boolean;
  readonly bytes: number | null;
  readonly at: string;
  readonly safety: string | null;
}
const kept = async () => (await programme.data('restore', '--kept'))['kept'] as Row[];
const sql = async (text: string, database = 'rides') => {
  const session = await connectTo({ ...programme.primary, database });
  return session.query(text).finally(async () => session.end());
};
const riders = async () => (await sql('select count(*)::int4 as n from bookings'))[0]?.['n'];
const names = async () =>
  (
    await sql(
      `select datname::text as name from pg_database where datname like 'rides%' order by 1`,
      'postgres',
    )
  ).map((row) => textColumn(row, 'name'));
const replace = async () => {
  expectExit(await programme.run('restore', '--database', 'rides', '--replace', '--force'), 0);
  return (await kept()).find((one) => one.kind === 'database')!;
};
const typing = async (args: readonly string[], question: string, typed: string) =>
  answer(['--directory', programme.directory, ...args], programme.env, question, typed);

test('what a restore replaced is listed, stays, and is rolled back by the typed name', async () => {
  expect((await programme.run('restore', '--kept')).stdout).toContain(
    'nothing is kept of environment production',
  );
  await sql('delete from bookings where id > 5');
  const old = await replace();
  expect(old).toMatchObject({ accepted: false, unfinished: false });
  expect(old.bytes).toBeGreaterThan(1_000_000);
  expect(Date.now() - Date.parse(old.at)).toBeLessThan(3_600_000);
  const listed = await programme.run('restore', '--kept');
  expect(listed.stdout).toMatch(
    new RegExp(`${old.name} +database rides +\\S+Z +\\S+ .B +not before it is accepted`),
  );
  expect(listed.stdout).toMatch(
    /database rides of daily \(backup, in main\) .* not yet: it is .* not accepted/,
  );

  // Policy never takes what nobody has accepted.
  const dry = await programme.run('prune', '--dry-run');
  expectExit(dry, 0);
  expect(dry.stdout).toMatch(new RegExp(`stays +${old.name} .*: its restore is not accepted`));
  expectExit(await programme.run('prune'), 0);
  expect(await names()).toEqual(['rides', old.name]);

  const wrong = await typing(['restore', '--roll-back', old.name], 'type rides:', 'ride\r');
  expect([wrong.code, wrong.output]).toEqual([5, expect.stringContaining('"ride" was typed, not rides')]);
  expect(await riders()).toBe(2000);
  const back = await typing(['restore', '--roll-back', old.name], 'type rides:', 'rides\r');
  expect([back.code, back.output]).toEqual([
    0,
    expect.stringMatching(/kept +the restored one, as rides_after_/),
  ]);
  expect(await riders()).toBe(5);
  const restored = (await kept()).find((one) => one.kind === 'database')!;
  expect(restored.name).toMatch(/^rides_after_/);
  expect(restored.safety).toBe(old.safety);
});

test('accepting removes what was kept by its typed name, and lets go of the copy from before', async () => {
  const restored = (await kept()).find((one) => one.kind === 'database') ?? (await replace());
  const safety = restored.safety ?? '';

  const other = await typing(['restore', '--accept', restored.name], `type ${restored.name}:`, 'rides\r');
  expect(other.code).toBe(5);
  expect(await names()).toEqual(['rides', restored.name]);
  const accepted = await typing(
    ['restore', '--accept', restored.name],
    `type ${restored.name}:`,
    `${restored.name}\r`,
  );
  expect([accepted.code, accepted.output]).toEqual([
    0,
    expect.stringContaining(`accepted: ${restored.name} was removed`),
  ]);
  expect(accepted.output).toContain(`safety copy ${safety} goes with the next prune`);
  expect(await names()).toEqual(['rides']);

  const goes = await programme.run('prune', '--dry-run');
  expect(goes.stdout).toMatch(new RegExp(`goes +${safety} .*: its restore was accepted`));
  expectExit(await programme.run('prune'), 0);
  expect(await kept()).toEqual([]);
});

test('accepting and rolling back are refused without a terminal, on another server, and for what nobody knows', async () => {
  const old = await replace();
  for (const what of ['--accept', '--roll-back']) {
    const alone = await programme.run('restore', what, old.name);
    expectExit(alone, 5);
    expect(alone.stderr).toContain('nobody is at a terminal');
    const typo = await programme.run('restore', what, old.name.replace('before', 'befor'));
    expectExit(typo, 2);
    expect(typo.stderr).toContain(`Did you mean ${old.name}?`);
    programme.declare({ policies, systemIdentifier: '7412345678901234567' });
    const other = await programme.run('restore', what, old.name, '--force');
    expectExit(other, 5);
    expect(other.stderr).toContain('system identifier');
    programme.declare({ policies });
  }
  expectExit(await programme.run('restore', '--accept', old.name, '--roll-back', old.name), 2);
  expectExit(await programme.run('restore', '--accept', old.name, '--database', 'rides'), 2);
  expectExit(await programme.run('restore', '--roll-back', old.safety ?? '', '--force'), 5);
  expect(await names()).toEqual(['rides', old.name]);
  const data = await programme.data('restore', '--accept', old.name, '--force');
  expect(data).toMatchObject({ accepted: old.name, removed: true, released: [old.safety], exit: 0 });
});

test('what was accepted and could not be removed at once goes with the next prune, and nothing else', async () => {
  const old = await replace();
  await acceptSwap({ location: programme.primary, kept: old.name, typed: old.name, remove: false });
  const dry = await programme.run('prune', '--dry-run');
  expect(dry.stdout).toMatch(new RegExp(`goes +${old.name} .*: its restore was accepted`));
  expect(await names()).toEqual(['rides', old.name]);
  expectExit(await programme.run('prune'), 0);
  expect(await names()).toEqual(['rides']);
  // The copy that was taken before is let go by its own name.
  expect((await kept()).map((one) => [one.name, one.accepted])).toContainEqual([old.safety, false]);
  expectExit(await programme.run('restore', '--accept', old.safety ?? '', '--force'), 0);
  expectExit(await programme.run('prune'), 0);
  expect(await kept()).toEqual([]);
});

test('a target that became another one after the first look is not touched by the swap', async () => {
  const signal = join(programme.primary.dataDirectory, 'standby.signal');
  const running = programme.start('restore', '--database', 'rides', '--replace', '--force');
  running.endInput();
  try {
    await until('the copy', () => running.stderr().includes('reading the safety copy'));
    writeFileSync(signal, '');
    const ended = await running.ended;
    expectExit(ended, 5);
    expect(ended.stderr).toMatch(/refused to replace rides: its files make it a standby/);
    expect(ended.stderr).toContain('the old rides is there and answers');
  } finally {
    rmSync(signal, { force: true });
  }
  expect(await names()).toEqual(['rides']);
});

test('a swap that was killed is shown, put right by its name, and does not keep the next restore out', async () => {
  const die = async () => {
    await sql('create database rides_copy', 'postgres');
    const loader = new URL('../executor/fixtures/resolve-ts.mjs', import.meta.url).pathname;
    const program = new URL('../backup/fixtures/die-in-swap.ts', import.meta.url).pathname;
    const given = JSON.stringify({ location: programme.primary, database: 'rides', with: 'rides_copy' });
    const child = spawn(process.execPath, ['--import', loader, program, given, 'closed rides_copy'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [, by] = (await once(child, 'exit')) as [number | null, string | null];
    expect(by).toBe('SIGKILL');
  };
  await die();
  const left = (await kept()).find((one) => one.kind === 'database');
  expect(left).toMatchObject({ kind: 'database', unfinished: true });
  expectExit(await programme.run('restore', '--accept', left!.name, '--force'), 5);
  const ended = await programme.run('restore', '--roll-back', left!.name);
  expectExit(ended, 0);
  expect(ended.stdout).toContain('opened rides again');
  expect(await riders()).toBe(2000);
  await sql('drop database rides_copy', 'postgres');
  await die();
  const old = await replace();
  expect(await riders()).toBe(2000);
  expectExit(await programme.run('restore', '--accept', old.name, '--force'), 0);
});

test('a damaged note of a kept cluster is an error that says where and what to type; the rest is listed', async () => {
  const directory = `${programme.primary.dataDirectory}_before_20260101T000000Z`;
  const note = `${directory}.firedrill-kept.json`;
  mkdirSync(directory);
  writeFileSync(note, '{"format":');
  try {
    const listed = await programme.run('restore', '--kept');
    expectExit(listed, 5);
    expect(listed.stderr).toContain(`${note}, the note of a kept cluster, cannot be used: it is not JSON`);
    expect(listed.stderr).toContain('To have it listed again type `echo ');
    const pruned = await programme.run('prune', '--dry-run');
    expectExit(pruned, 0);
    expect(pruned.stdout).toContain(note);
  } finally {
    for (const path of [note, directory]) rmSync(path, { recursive: true });
  }
});
