import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { holdStore, type Work } from '../../src/backup/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';

const directory = mkdtempSync(join(tmpdir(), 'fd-hold-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const fresh = () => openLocalStore(join(directory, String((count += 1))));

describe('who may work in a store at the same time', () => {
  const allowed: [Work, Work][] = [
    ['backup', 'verify'],
    ['backup', 'copy'],
    ['verify', 'verify'],
    ['copy', 'copy'],
    ['restore', 'verify'],
    ['backup', 'restore'],
  ];
  it.each(allowed)('%s and %s', async (first, second) => {
    const store = fresh();
    const one = await holdStore(store, { work: first, purpose: 'one' });
    const other = await holdStore(store, { work: second, purpose: 'other' });
    await other.release();
    await one.release();
    expect(readdirSync(store.directory, { recursive: true })).toEqual(['locks']);
  });

  const refused: [Work, Work][] = [
    ['backup', 'backup'],
    ['restore', 'backup'],
    ['restore', 'restore'],
    ['prune', 'restore'],
    ['verify', 'prune'],
    ['prune', 'verify'],
    ['copy', 'prune'],
    ['restore', 'prune'],
  ];
  it.each(refused)(
    'not: %s, then %s; the one kept out is told who, since when and what to do',
    async (first, second) => {
      const store = fresh();
      const one = await holdStore(store, { work: first, purpose: `${first} of production` });
      const failure = await failureOf(holdStore(store, { work: second, purpose: `${second} of staging` }));
      expect(failure).toMatchObject({ reason: 'unavailable' });
      expect(failure.message).toContain(
        `${second} of staging has to wait: ${first} of production has held folder`,
      );
      expect(failure.message).toContain(`process ${process.pid}`);
      // Nobody is told to type an option that the command does not have.
      expect(failure.hint).toContain(second === 'backup' ? '--wait 30m' : `end process ${process.pid} on `);
      await one.release();
      await (await holdStore(store, { work: second, purpose: 'after' })).release();
    },
  );

  it('waits for its turn, and says once for whom', async () => {
    const store = fresh();
    const first = await holdStore(store, { work: 'prune', purpose: 'prune' });
    const waited: string[] = [];
    const second = holdStore(store, {
      work: 'backup',
      purpose: 'backup',
      waitMs: 60_000,
      onWait: (held) => {
        waited.push(held.purpose);
        void first.release();
      },
    });
    await (await second).release();
    expect(waited).toEqual(['prune']);
  });

  it('lets exactly one of many begin that try in the same instant', async () => {
    const store = fresh();
    let [inside, most, done] = [0, 0, 0];
    const work = async () => {
      const hold = await holdStore(store, { work: 'backup', purpose: 'backup', waitMs: 60_000 });
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      done += 1;
      await hold.release();
    };
    await Promise.all([work(), work(), work(), work()]);
    expect({ most, done }).toEqual({ most: 1, done: 4 });
  });

  it('is not held up by a process that was killed, nor by a machine that has been silent for long', async () => {
    const store = fresh();
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    const { processIdentity } = await import('../../src/children/index.js');
    const { hostname } = await import('node:os');
    const note = (id: string, changes: object) => {
      mkdirSync(join(store.directory, 'locks', id), { recursive: true });
      writeFileSync(
        join(store.directory, 'locks', id, '0.json'),
        JSON.stringify({
          work: 'backup',
          purpose: 'a backup',
          since: '2020-01-01T00:00:00.000Z',
          host: hostname(),
          process: processIdentity(child.pid!),
          until: '2999-01-01T00:00:00.000Z',
          ...changes,
        }),
      );
    };
    note('alive', {});
    expect((await failureOf(holdStore(store, { work: 'backup', purpose: 'mine' }))).message).toContain(
      'a backup has held',
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    note('silent', { host: 'another', until: '2020-01-01T00:30:00.000Z' });
    await (await holdStore(store, { work: 'backup', purpose: 'mine' })).release();
    expect(existsSync(join(store.directory, 'locks', 'alive'))).toBe(false);
    note('elsewhere', { host: 'another' });
    expect((await failureOf(holdStore(store, { work: 'backup', purpose: 'mine' }))).message).toContain(
      'on another',
    );
  });

  it('does not pass over a note that it cannot read', async () => {
    const store = fresh();
    await store.put('locks/x/0.json', Buffer.from('not JSON'));
    expect((await failureOf(holdStore(store, { work: 'prune', purpose: 'prune' }))).message).toContain(
      'locks/x/0.json',
    );
    expect(readdirSync(join(store.directory, 'locks'))).toEqual(['x']);
  });
});
