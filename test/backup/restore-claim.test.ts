import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { claimTarget, judgeTarget } from '../../src/backup/index.js';
import { processIdentity } from '../../src/children/index.js';
import { notFinished } from '../../src/cli/backup/perform-restore.js';
import { failureOf } from '../postgres/failure-of.js';

const root = mkdtempSync(join(tmpdir(), 'fd-claim-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(root, String((count += 1)));
const noteOf = (directory: string) => `${directory}.firedrill-restore.json`;
const about = { set: '2026-11-27T030000Z-physical-1', goesWithIt: [] };

/** As it lies there when the process that restored was killed with that much done. */
async function leftBy(directory: string, { whole = false, files = ['PG_VERSION'] } = {}): Promise<void> {
  const killed = spawn('sleep', ['600'], { stdio: 'ignore' });
  const claim = await claimTarget(directory, { ...about, goesWithIt: [`${directory}.run`] });
  for (const file of files) writeFileSync(join(directory, file), '15');
  if (whole) await claim.whole();
  const note = JSON.parse(readFileSync(noteOf(directory), 'utf8')) as object;
  writeFileSync(noteOf(directory), JSON.stringify({ ...note, process: processIdentity(killed.pid!) }));
  killed.kill('SIGKILL');
  await once(killed, 'exit');
}

describe('a folder that a restore is being made in', () => {
  it('is named as half of a restore when its maker is dead, with what to type, and nothing goes', async () => {
    const directory = fresh();
    await leftBy(directory);
    mkdirSync(`${directory}.run`);
    const before = readdirSync(root);
    for (const attempt of [judgeTarget(directory), claimTarget(directory, about)]) {
      const failure = await failureOf(attempt);
      expect(failure).toMatchObject({ reason: 'refused' });
      expect(failure.message).toContain(`${directory} holds half of a restore of backup ${about.set}`);
      expect(failure.hint).toContain(`\`rm -r ${directory} ${directory}.run ${noteOf(directory)}\``);
    }
    expect(readdirSync(root)).toEqual(before);
    expect(readdirSync(directory)).toEqual(['PG_VERSION']);
  });

  it('is left to the one that is at it', async () => {
    const directory = fresh();
    const claim = await claimTarget(directory, about);
    const failure = await failureOf(claimTarget(directory, about));
    expect(failure).toMatchObject({ reason: 'unavailable' });
    expect(failure.message).toContain(`being restored into ${directory} by process ${process.pid}`);
    await claim.drop();
    expect([existsSync(directory), existsSync(noteOf(directory))]).toEqual([false, false]);
  });

  it('is nobody’s half when another cluster stands there by now, whatever the note says', async () => {
    const directory = fresh();
    await leftBy(directory);
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(join(directory, 'PG_VERSION'), '15');
    const failure = await failureOf(claimTarget(directory, about));
    expect(failure.message).toContain(`${directory} is not empty`);
    expect(failure.hint).not.toContain('rm ');
    expect(readdirSync(directory)).toEqual(['PG_VERSION']);
  });

  it('is never called half once everything is there: nobody is told to remove a complete cluster', async () => {
    const directory = fresh();
    await leftBy(directory, { whole: true });
    const failure = await failureOf(claimTarget(directory, about));
    expect(failure.message).toContain('is whole, but whose statistics may be missing');
    expect(failure.hint).not.toContain('rm -r');
  });

  it('is free again when the killed restore had put nothing there', async () => {
    const directory = fresh();
    await leftBy(directory, { files: [] });
    await (await claimTarget(directory, about)).drop();
    expect(readdirSync(root).filter((name) => name.startsWith(`${count}.`))).toEqual([]);
  });

  it('goes to exactly one of two that begin together', async () => {
    const directory = fresh();
    await leftBy(directory, { files: [] });
    const [one, other] = await Promise.allSettled([
      claimTarget(directory, about),
      claimTarget(directory, about),
    ]);
    expect([one, other].filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('keeps its note while a failed restore has left something, or while its start is barred', async () => {
    const directory = fresh();
    const claim = await claimTarget(directory, about);
    writeFileSync(join(directory, 'left'), '');
    await claim.drop();
    await claim.finish();
    expect(existsSync(noteOf(directory))).toBe(true);
    const [name, value] = Object.entries(claim.settings)[0]!;
    // A restored copy has it in the one, a new cluster for a dump in the other.
    const files = ['postgresql.auto.conf', 'postgresql.conf'].map((one) => join(directory, one));
    for (const file of files) writeFileSync(file, `port = '1'\n${name} = '${value}'\nssl = 'off'\n`);
    await claim.whole();
    await claim.finish();
    for (const file of files) expect(readFileSync(file, 'utf8')).toBe(`port = '1'\nssl = 'off'\n`);
    expect(existsSync(noteOf(directory))).toBe(false);
  });

  it('of another machine is never judged dead in silence', async () => {
    const directory = fresh();
    await leftBy(directory);
    const note = JSON.parse(readFileSync(noteOf(directory), 'utf8')) as object;
    writeFileSync(noteOf(directory), JSON.stringify({ ...note, host: `not-${hostname()}` }));
    const failure = await failureOf(judgeTarget(directory));
    expect(failure.message).toMatch(/ on not-.* may be at it still$/);
    expect(failure.hint).toMatch(/^First make sure that nothing of it runs on not-.*`rm -r /);
  });

  it('that cannot be let start says which line to remove, and that its statistics are to come', async () => {
    const directory = fresh();
    const claim = await claimTarget(directory, about);
    const [name, value] = Object.entries(claim.settings)[0]!;
    writeFileSync(join(directory, 'postgresql.conf'), `${name} = '${value}'\n`);
    // Where the new file would be written.
    mkdirSync(join(directory, 'postgresql.conf.firedrill'));
    const failure = notFinished(await failureOf(claim.whole()), { dataDirectory: directory, port: 5433 });
    expect(failure.message).toContain(`what keeps ${directory} from being started could not be removed`);
    expect(failure.hint).toMatch(
      /^Remove the line `unix_socket_directories` .*vacuumdb --all --analyze-only/,
    );
  });
});
