import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';

const names = ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_', 'FIREDRILL_ALLOCATOR'];
const code = `
  const names = ${JSON.stringify(names)};
  import { readFileSync } from 'node:fs';
  import { tightenMemory } from ${JSON.stringify(pathToFileURL(resolve('dist/cli/tight-memory.js')).href)};
  tightenMemory(process.argv);
  const started = readFileSync('/proc/self/environ', 'utf8').split('\\0').filter((one) => names.includes(one.split('=')[0]));
  const inherited = Object.keys(process.env).filter((one) => names.includes(one));
  console.log(JSON.stringify({ pid: process.pid, words: process.argv.slice(1), started, inherited }));
`;

interface Told {
  readonly pid: number;
  readonly words: readonly string[];
  /** What the C library found when the process, or the one that it became, started. */
  readonly started: readonly string[];
  /** What programs that it starts would find. */
  readonly inherited: readonly string[];
}

async function begin(
  words: readonly string[],
  own: NodeJS.ProcessEnv = {},
  handed: readonly number[] = [],
): Promise<Told & { child: number }> {
  const env = { ...process.env, ...own };
  for (const name of names) if (own[name] === undefined) Reflect.deleteProperty(env, name);
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, '--', ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...handed],
  });
  for (const one of handed) closeSync(one);
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  await new Promise((closed) => child.once('close', closed));
  // No warning about anything experimental reaches a person either.
  expect(said.err).toBe('');
  return { ...(JSON.parse(said.out) as Told), child: child.pid ?? -1 };
}

const possible = process.platform === 'linux' && process.execve !== undefined;
describe.runIf(possible)('the memory of an engine', () => {
  test('it starts with an allocator that gives memory back, as the same process, and nothing that it starts inherits that', async () => {
    const told = await begin(['drill', 'a file', '--unattended']);
    expect(told.started).toHaveLength(names.length);
    expect(told.inherited).toEqual([]);
    expect(told.pid).toBe(told.child);
    expect(told.words).toEqual(['drill', 'a file', '--unattended']);
  });

  test('a command that takes a moment does not start twice', async () => {
    expect((await begin(['validate'])).started).toEqual([]);
  });

  test('a lock that somebody took around the command stays', async () => {
    expect((await begin(['drill'], {}, [openSync(import.meta.filename, 'r')])).started).toEqual([]);
  });

  test('settings that somebody chose stay theirs', async () => {
    const own = 'MALLOC_ARENA_MAX=7';
    const told = await begin(['drill'], { MALLOC_ARENA_MAX: '7' });
    expect(told.started).toEqual([own]);
    expect(told.inherited).toEqual(['MALLOC_ARENA_MAX']);
  });
});
