import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labDown, labUp, type LabState } from '../../src/lab/index.js';
import { eventually, openTemporary, processesNaming } from './lab-fixture.js';

const entry = new URL('../../dist/lab/index.js', import.meta.url).href;

/** An engine in a process of its own that makes a lab, says so, and waits to be killed. */
function engine(directory: string, heartbeatLimitMs: number) {
  const script = `
    import { labUp } from ${JSON.stringify(entry)};
    console.log('begun');
    const directory = ${JSON.stringify(directory)};
    await labUp({ directory, id: 'orphan', scale: 0.01, heartbeatLimitMs: ${heartbeatLimitMs} });
    console.log('ready');
    setInterval(() => undefined, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const stateOf = (directory: string) =>
  JSON.parse(readFileSync(join(directory, 'lab.json'), 'utf8')) as LabState;

describe('a lab whose engine was killed', () => {
  it('removes itself, every process and every folder', async () => {
    const root = openTemporary('orphan');
    const directory = join(root, 'lab');
    const child = engine(directory, 6000);
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    await eventually('the lab', () => said.includes('ready'));
    const { socketDirectories } = stateOf(directory);
    await kill(child);
    expect(processesNaming(directory).length).toBeGreaterThan(3);
    await eventually('the end of every process', () => processesNaming(directory).length === 0, 60_000);
    await eventually('the folder to be gone', () => !existsSync(directory));
    expect(socketDirectories.filter((folder) => existsSync(folder))).toEqual([]);
    rmSync(root, { recursive: true });
  });

  it('is left alone while that engine lives, however long ago its last sign of life seems', async () => {
    const root = openTemporary('asleep');
    const directory = join(root, 'lab');
    const child = engine(directory, 1000);
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    try {
      await eventually('the lab', () => said.includes('ready'));
      const before = processesNaming(directory);
      // As after a machine slept: the engine did nothing, and the time of its file is half an hour old.
      child.kill('SIGSTOP');
      const old = new Date(Date.now() - 30 * 60_000);
      utimesSync(join(directory, 'heartbeat'), old, old);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(processesNaming(directory)).toEqual(expect.arrayContaining([...before]));
      expect(stateOf(directory).phase).toBe('ready');
    } finally {
      await kill(child);
    }
    await eventually('the end of every process', () => processesNaming(directory).length === 0, 60_000);
    await eventually('the folder to be gone', () => !existsSync(directory));
    rmSync(root, { recursive: true });
  });

  // Each thing that appears in the lab's folder is a moment to be killed at.
  it.each(['clusters/*', 'clusters/*/data/PG_VERSION', 'backups/*', 'hosts/*/config.json'])(
    'while it was being made, when %s had just appeared, is made anew',
    async (sight) => {
      const root = openTemporary('halfmade');
      const directory = join(root, 'lab');
      const child = engine(directory, 600_000);
      await eventually(sight, () => appeared(directory, sight));
      await kill(child);
      const before = stateOf(directory);
      const lab = await labUp({ directory, id: 'orphan', scale: 0.01, protect: false });
      expect(lab.state().phase).toBe('ready');
      expect(before.socketDirectories.filter((folder) => existsSync(folder))).toEqual([]);
      expect((await labDown(lab)).leftovers).toEqual([]);
      await eventually('the end of every process', () => processesNaming(directory).length === 0, 10_000);
      expect(readdirSync(root)).toEqual([]);
      rmSync(root, { recursive: true });
    },
  );
});

function appeared(root: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('/');
  let names: string[] = [];
  try {
    names = first === '*' ? readdirSync(root) : [first];
  } catch {
    return false;
  }
  return names.some((name) =>
    rest.length === 0 ? existsSync(join(root, name)) : appeared(join(root, name), rest.join('/')),
  );
}
