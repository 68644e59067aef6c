import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, openTemporary, processesNaming } from './lab-fixture.js';

const entry = new URL('../../dist/lab/index.js', import.meta.url).href;

/** An engine in a process of its own that injects a fault whose sessions outlive it, and waits to be killed. */
const script = (directory: string) => `
  import { labFaults, labUp } from ${JSON.stringify(entry)};
  const directory = ${JSON.stringify(directory)};
  const lab = await labUp({ directory, id: 'orphan', scale: 0.05, protect: false, heartbeatLimitMs: 6000 });
  const signal = new AbortController().signal;
  await labFaults.get('lock-storm').inject(lab, { id: 'storm', args: {}, signal });
  console.log('injected');
  setInterval(() => undefined, 1000);`;

it('the sessions of a fault are ended with the lab when the engine was killed and never came back', async () => {
  const root = openTemporary('orphan-storm');
  const directory = join(root, 'lab');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script(directory)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  await eventually('the storm', () => said.includes('injected'), 60_000);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  const holding = () => processesNaming(directory).filter((line) => line.includes('disturbance'));
  expect(holding()).toHaveLength(1);
  await eventually('the end of every process', () => processesNaming(directory).length === 0, 60_000);
  await eventually('the folder to be gone', () => !existsSync(directory));
  rmSync(root, { recursive: true });
});
