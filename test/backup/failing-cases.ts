import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killCluster } from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { copierOf, expectHelp, useFailingGround } from './failing-ground.js';

/** A file of its own for each way, so that they run beside each other: the same is asked of both. */
export function describeFailures(kind: keyof typeof copierOf, firstStage: string): void {
  const on = useFailingGround(kind);
  const copier = copierOf[kind];

  it('because its server is killed in the middle of the copy leaves nothing, and the next one succeeds', async () => {
    const store = await on.openStore();
    const old = await on.take({ store });
    const taking = on.inTheMiddle(store, async () => {
      await killCluster(on.primary);
    });
    try {
      const failure = await failureOf(taking);
      expect(failure.reason).toBe('unavailable');
      expectHelp(
        failure,
        /server went away/,
        /pg_isready -h 127\.0\.0\.1 -p \d+/,
        /Nothing of this backup is left in /,
      );
      await on.requireUnharmed(store, [old]);
      expectHelp(await failureOf(on.take({ store })), /cannot connect to 127\.0\.0\.1/, /pg_isready/);
    } finally {
      await on.revive();
    }
    await on.requireUnharmed(store, [old, await on.take({ store })]);
  });

  it('because the disk of the store runs full at 99 % says which, leaves nothing, and the next one succeeds', async () => {
    const store = await on.smallDisk(150);
    const old = await on.take({ store });
    const filler = join(store.directory, 'filler');
    const taking = on.inTheMiddle(store, () => {
      const { bavail, bsize, blocks } = statfsSync(store.directory);
      const left = Math.round(blocks * bsize * 0.01);
      execFileSync('fallocate', ['-l', String(bavail * bsize - left), filler]);
    });
    const failure = await failureOf(taking);
    expect(failure).toMatchObject({ reason: 'unavailable', retryable: false });
    expectHelp(failure, /ran full/, /df -h /, new RegExp(store.directory));
    await on.requireUnharmed(store, [old]);
    const beforehand = await failureOf(on.take({ store }));
    expectHelp(beforehand, /no room for a backup/, /df -h /);
    rmSync(filler);
    await on.requireUnharmed(store, [old, await on.take({ store })]);
  });

  it('because it is cancelled in the middle of the copy ends soon, leaves nothing, and the next one succeeds', async () => {
    const store = await on.openStore();
    const old = await on.take({ store });
    const stop = new AbortController();
    const startedAt = performance.now();
    const failure = await failureOf(on.inTheMiddle(store, () => stop.abort(), { signal: stop.signal }));
    expect(failure.reason).toBe('cancelled');
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    await on.requireUnharmed(store, [old]);
    expect((await failureOf(on.take({ store, signal: AbortSignal.abort() }))).reason).toBe('cancelled');
    await on.requireUnharmed(store, [old, await on.take({ store })]);
  });

  it.each([
    [
      'says why',
      'echo "$(basename $0): error: the moon is in the way" >&2; exit 1',
      /exited with 1: .*the moon is in the way/,
    ],
    ['says nothing', 'exit 3', /exited with 3/],
    ['is killed', 'kill -9 $$', /was ended by SIGKILL/],
    ['has copied everything before', '"$REAL" "$@"; exit 4', /exited with 4/],
  ])('because its program fails and %s', async (_how, script, words) => {
    const store = await on.openStore();
    const old = await on.take({ store });
    const help = 'case "$*" in --help|--version) exec "$REAL" "$@";; esac\n';
    const tools = await on.replace(copier, `${help}${script}`);
    const failure = await failureOf(on.take({ store, tools }));
    expect(failure.reason).toBe('exit-code');
    expectHelp(failure, words, /take the backup again/);
    await on.requireUnharmed(store, [old]);
  });

  it('because its process is killed at many instants is never half there, and the next one cleans up and says so', async () => {
    const store = await on.openStore();
    const startedAt = performance.now();
    const kept = [await on.take({ store })];
    const wholeMs = performance.now() - startedAt;
    const instants = [0.05, 0.3, 0.6, 0.9].map((part) => Math.round(part * wholeMs));
    let removed = 0;
    for (const when of [...[firstStage, 'hashing'], ...instants]) {
      await on.killEngine(store, when);
      const left = readdirSync(store.directory).filter(
        (name) => !kept.includes(name) && !name.endsWith('.owner.json'),
      );
      let said = '';
      const id = await on.take({ store, output: (text) => (said += text.toString()) });
      for (const name of left) {
        // One that was finished in time is a backup like any other.
        if (readdirSync(store.directory).includes(name)) kept.push(name);
        else {
          removed += 1;
          expect(said).toContain(`removed ${join(store.directory, name)}: it was never finished`);
        }
      }
      kept.push(id);
      await on.requireUnharmed(store, kept);
    }
    expect(removed).toBeGreaterThanOrEqual(2);
  });
}
