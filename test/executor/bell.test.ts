import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeBell } from '../../src/executor/bell.js';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

it('keeps the process alive while it waits for a person and nothing else does', () => {
  const child = spawnSync(
    process.execPath,
    ['--import', fixture('resolve-ts.mjs'), fixture('wait-for-ring.ts')],
    { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' },
  );
  expect({ code: child.status, said: child.stdout }).toEqual({ code: 0, said: 'rung' });
});

it('keeps a ring that came while nobody listened, once', async () => {
  const bell = makeBell();
  bell.ring();
  bell.ring();
  await bell.wait(null);
  let woken = false;
  const second = bell.wait(null).then(() => {
    woken = true;
  });
  await Promise.resolve();
  expect(woken).toBe(false);
  bell.ring();
  await second;
  expect(woken).toBe(true);
});

it('wakes by itself when the time it was given has come', async () => {
  await makeBell().wait(1);
});
