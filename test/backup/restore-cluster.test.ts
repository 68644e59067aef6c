import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  appendFile,
  cp,
  readFile,
  readlink,
  readdir,
  rm,
  stat,
  symlink,
  chown,
  lchown,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { finishClusterSwap, swapCluster, type ClusterSwapRequest } from '../../src/backup/index.js';
import { Failure } from '../../src/base/index.js';
import {
  clusterState,
  makeOwnedDirectory,
  readPassword,
  startCluster,
  stopCluster,
  writePassfile,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

let ground: Ground;
let current: ClusterLocation;
let replacement: ClusterLocation;
let keepAs: string;

const ask = async (location: ClusterLocation, sql: string) =>
  ground.withSession(location, async (session) => session.query(sql));
const whoIs = async (location = current) => (await ask(location, 'select am_i from who'))[0]?.['am_i'];
const spaces = (location: ClusterLocation) => `${location.dataDirectory}.tablespaces`;

/** A copy at another address, as a restore leaves one: its tablespace beside it, quiet settings in its file. */
async function copyBeside(): Promise<void> {
  replacement = await ground.place(`restored-${Math.random().toString(36).slice(2)}`);
  await stopCluster(ground.tools, current);
  for (const [from, to] of [
    [current.dataDirectory, replacement.dataDirectory],
    [spaces(current), spaces(replacement)],
  ] as const) {
    await makeOwnedDirectory(to, replacement.account);
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }
  const links = join(replacement.dataDirectory, 'pg_tblspc');
  for (const name of await readdir(links)) {
    await rm(join(links, name));
    await symlink(join(spaces(replacement), 'one'), join(links, name));
  }
  const auto = join(replacement.dataDirectory, 'postgresql.auto.conf');
  await appendFile(
    auto,
    `# set by a restore of x\nrestore_command = 'false'\nsynchronous_standby_names = ''\nwork_mem = '9MB'\narchive_mode = 'off'\n`,
  );
  if (replacement.account) await own([replacement.dataDirectory, spaces(replacement)], replacement.account);
  await writePassfile(replacement, (await readPassword(current))!);
  await startCluster(ground.tools, replacement);
  await startCluster(ground.tools, current);
  await ask(replacement, `update who set am_i = 'new'; checkpoint`);
}

async function own(
  paths: readonly string[],
  account: { readonly uid: number; readonly gid: number },
): Promise<void> {
  for (const path of paths) {
    await chown(path, account.uid, account.gid);
    for (const name of await readdir(path, { recursive: true }))
      await lchown(join(path, name), account.uid, account.gid);
  }
}

beforeAll(async () => {
  ground = await openGround();
  current = await ground.cluster('current');
  await makeOwnedDirectory(spaces(current), current.account);
  await makeOwnedDirectory(join(spaces(current), 'one'), current.account);
  await ask(current, `create tablespace one location '${spaces(current)}/one'`);
  await ask(current, `create table who(am_i text) tablespace one; insert into who values ('old')`);
  await ask(current, `alter system set synchronous_standby_names = 'nobody'`);
  await copyBeside();
});
afterAll(async () => ground.remove());
beforeEach(() => {
  keepAs = join(ground.directory, `kept-${Math.random().toString(36).slice(2)}`);
});

const request = (over: Partial<ClusterSwapRequest> = {}): ClusterSwapRequest => {
  const { tools } = ground;
  return { tools, current, replacement, keepAs, ...over };
};

async function everythingAsBefore(): Promise<void> {
  expect(await whoIs()).toBe('old');
  expect(existsSync(keepAs)).toBe(false);
  expect(existsSync(spaces({ ...current, dataDirectory: keepAs }))).toBe(false);
  expect(existsSync(`${current.dataDirectory}.firedrill-swap.json`)).toBe(false);
  if ((await clusterState(replacement)) !== 'running') await startCluster(ground.tools, replacement);
  expect(await whoIs(replacement)).toBe('new');
}

it.each([
  'stopped the replacement',
  'stopped the current',
  'renamed /',
  'settings back',
  'started',
  'checked',
])('a failure at “%s” puts the old cluster back and starts it', async (word) => {
  const output = (text: string) => {
    if (text.includes(word)) throw new Failure('check', `injected at ${word}`);
  };
  expect((await failureOf(swapCluster(request({ output })))).message).toBe(`injected at ${word}`);
  await everythingAsBefore();
});

it.each([
  'stopped the replacement',
  'stopped the current',
  'renamed /',
  'settings back',
  'started',
  'checked',
])('a process killed at “%s” is put right by the next call', async (word) => {
  const loader = new URL('../executor/fixtures/resolve-ts.mjs', import.meta.url).pathname;
  const program = new URL('fixtures/die-in-cluster-swap.ts', import.meta.url).pathname;
  const given = JSON.stringify({ current, replacement, keepAs });
  const child = spawn(process.execPath, ['--import', loader, program, given, word], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  expect((await finishClusterSwap(ground.tools, current)).length).toBeGreaterThan(0);
  await everythingAsBefore();
  expect(await finishClusterSwap(ground.tools, current)).toEqual([]);
});

it('with its port taken by somebody else says so, and the next call puts the old cluster back', async () => {
  const server = createServer();
  const output = (text: string) => {
    if (text.includes('stopped the current')) server.listen(current.port, '127.0.0.1');
  };
  const failure = await failureOf(swapCluster(request({ output })));
  expect(failure.message).toMatch(/could not bind|in use|lock file|ended while starting/i);
  expect(failure.message).toContain('and the old cluster could not be put back');
  server.close();
  await once(server, 'close');
  expect(await finishClusterSwap(ground.tools, current)).toEqual([`started ${current.dataDirectory} again`]);
  await everythingAsBefore();
});

it('refuses what could not be done by renames, before anything is touched', async () => {
  expect((await failureOf(swapCluster(request({ keepAs: '/dev/shm/firedrill-kept' })))).reason).toBe(
    'refused',
  );
  expect((await failureOf(swapCluster(request({ keepAs: ground.directory })))).reason).toBe('refused');
  const nowhere = await ground.place('nowhere');
  expect((await failureOf(swapCluster(request({ replacement: nowhere })))).reason).toBe('refused');
  expect(await whoIs()).toBe('old');
});

it('puts the restored cluster in service, its tablespace with it, and keeps the old one whole', async () => {
  const system = (await stat(current.dataDirectory)).ino;
  const swapped = await swapCluster(request());
  expect(await whoIs()).toBe('new');
  expect(await clusterState(replacement)).toBe('absent');
  expect(swapped).toMatchObject({ clean: true, timeline: 1 });
  expect(swapped.settings.back).toContain("synchronous_standby_names = 'nobody'");
  expect(swapped.settings.back).toContain('port: as in postgresql.conf');
  expect(swapped.settings.stillOff).toContain("archive_mode = 'off'");
  const auto = await readFile(join(current.dataDirectory, 'postgresql.auto.conf'), 'utf8');
  expect(auto).toContain("work_mem = '9MB'");
  expect(auto).not.toContain('restore_command');
  expect((await stat(keepAs)).ino).toBe(system);
  const links = join(current.dataDirectory, 'pg_tblspc');
  for (const name of await readdir(links))
    expect(await readlink(join(links, name))).toBe(`${spaces(current)}/one`);
  // The kept one is a whole cluster: it runs where it lies.
  await startCluster(ground.tools, {
    ...swapped.kept,
    port: replacement.port,
    socketDirectory: replacement.socketDirectory,
  });
  const kept = { ...swapped.kept, port: replacement.port, passfile: replacement.passfile };
  expect(await whoIs(kept)).toBe('old');
  await stopCluster(ground.tools, kept);
});
