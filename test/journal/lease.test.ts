import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/index.js';
import { processIdentity } from '../../src/children/index.js';
import { takeLease, type HolderIdentity } from '../../src/journal/index.js';
import { identity, withPlace, type Place } from './parts.js';

const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

async function sleeper(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  started.push(child);
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

/** A process that has ended and that its parent, stopped for ever, never reaps. */
async function zombie(): Promise<HolderIdentity> {
  const script = 'sleep 600 & echo $!; kill -STOP $$';
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(parent);
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  const living = processIdentity(pid);
  process.kill(pid, 'SIGKILL');
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return living!;
}

const fileOf = (place: Place) => join(place.leaseDirectory, 'run-1.json');

/** The lease as `holder` would have left it. */
async function leaveLease(place: Place, holder: HolderIdentity): Promise<void> {
  await takeLease({
    directory: place.leaseDirectory,
    runId: 'run-1',
    session: 'earlier',
    atMs: Date.UTC(2027, 0, 1),
    identity: { current: () => holder, isAlive: () => true },
  });
}

async function refusal(place: Place): Promise<Failure> {
  const error: unknown = await place.open().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('the lease of a run', () => {
  it('names who holds it and goes with the journal', () =>
    withPlace(async (place) => {
      const journal = await place.open('s1');
      const holder = JSON.parse(await readFile(fileOf(place), 'utf8')) as unknown;
      expect(holder).toEqual({
        ...processIdentity(process.pid),
        session: 's1',
        at: '2027-01-17T01:02:03.000Z',
      });
      await journal.close();
      expect(await readdir(place.leaseDirectory)).toEqual([]);
    }));

  it('is refused while another process that lives holds it, with its number and how to follow', () =>
    withPlace(async (place) => {
      const child = await sleeper();
      await leaveLease(place, processIdentity(child.pid)!);
      const failure = await refusal(place);
      expect(failure.reason).toBe('unavailable');
      expect(failure.message).toContain(`process ${child.pid}`);
      expect(failure.hint).toContain(`${child.pid}`);
      expect(failure.hint).toContain('firedrill watch run-1');
      expect(await readFile(fileOf(place), 'utf8')).toContain('"session":"earlier"');
    }));

  it('is refused a second time within one process', () =>
    withPlace(async (place) => {
      const journal = await place.open('s1');
      expect((await refusal(place)).message).toContain(`process ${process.pid}`);
      await journal.close();
    }));

  it('is taken over from a process that was killed', () =>
    withPlace(async (place) => {
      const child = await sleeper();
      const holder = processIdentity(child.pid)!;
      await leaveLease(place, holder);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const journal = await place.open('s2');
      expect(journal.replaced).toMatchObject({ pid: holder.pid, session: 'earlier' });
      expect(await readFile(fileOf(place), 'utf8')).toContain('"session":"s2"');
      await journal.close();
      expect(await readdir(place.leaseDirectory)).toEqual([]);
    }));

  it('is taken over from a zombie', () =>
    withPlace(async (place) => {
      const holder = await zombie();
      expect(() => process.kill(holder.pid, 0)).not.toThrow();
      await leaveLease(place, holder);
      const journal = await place.open('s2');
      expect(journal.replaced?.pid).toBe(holder.pid);
      await journal.close();
    }));

  it.each<[string, Partial<HolderIdentity>]>([
    ['whose number was given to another process since', { startTicks: '1' }],
    ['of an earlier boot', { bootId: 'another-boot' }],
  ])('is taken over from a holder %s', (_name, change) =>
    withPlace(async (place) => {
      const child = await sleeper();
      await leaveLease(place, { ...processIdentity(child.pid)!, ...change });
      const journal = await place.open('s2');
      await journal.close();
    }),
  );

  it.each(['', '{', 'null', '{"pid":"x"}'])('is taken over when its file says only %j', (content) =>
    withPlace(async (place) => {
      await (await place.open()).close();
      await writeFile(fileOf(place), content);
      await (await place.open()).close();
    }),
  );

  it('goes to exactly one of many who find a dead holder at once', () =>
    withPlace(async (place) => {
      const child = await sleeper();
      const holder = processIdentity(child.pid)!;
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (let round = 0; round < 20; round += 1) {
        await leaveLease(place, holder);
        const all = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) => place.open(`s${index}`)),
        );
        const winners = all.filter((one) => one.status === 'fulfilled');
        expect(winners).toHaveLength(1);
        await winners[0]!.value.close();
        expect(await readdir(place.leaseDirectory)).toEqual([]);
      }
    }));

  it('is not given back by one who no longer holds it', () =>
    withPlace(async (place) => {
      const journal = await place.open('s1');
      await writeFile(fileOf(place), '{"taken":"over"}');
      await journal.close();
      expect(await readFile(fileOf(place), 'utf8')).toBe('{"taken":"over"}');
      expect(identity.isAlive(identity.current())).toBe(true);
    }));
});
