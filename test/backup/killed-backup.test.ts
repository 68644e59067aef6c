import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { listBackups, takeBackup } from '../../src/backup/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { policy, signer, trusted, useBackupGround } from './ground.js';

const dist = (folder: string) =>
  JSON.stringify(new URL(`../../dist/${folder}/index.js`, import.meta.url).href);

describe('a backup whose process was killed', () => {
  const on = useBackupGround();

  /** An engine in a process of its own that takes a backup and waits for WAL that never comes. */
  function engine(store: string, wal: string): ChildProcess {
    const script = `
      import { generateSigningKey, takeBackup, signerFrom } from ${dist('backup')};
      import { findTools } from ${dist('postgres')};
      import { openLocalStore } from ${dist('store')};
      const given = JSON.parse(process.argv[1]);
      await takeBackup({ kind: 'physical', tools: await findTools(), location: given.location, policy: given.policy,
        store: openLocalStore(given.store), walDirectory: given.wal, signer: signerFrom(generateSigningKey().privateKey) });`;
    const given = JSON.stringify({ location: on.primary, policy, store, wal });
    return spawn(process.execPath, ['--input-type=module', '-e', script, given], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** A folder that the server's account can pass through. */
  async function openStore(): Promise<string> {
    const store = await mkdtemp(join(on.ground.directory, 'store-'));
    await chmod(store, 0o711);
    return store;
  }

  const partialOf = (store: string) => readdirSync(store).find((name) => name.endsWith('.partial'));

  /** Until all that is missing is the WAL. */
  async function nearlyDone(store: string): Promise<string> {
    return vi.waitFor(
      () => {
        const partial = partialOf(store)!;
        expect(readdirSync(join(store, partial))).toContain('structure.json');
        return partial;
      },
      { timeout: 30_000 },
    );
  }

  async function backUp(store: string): Promise<{ id: string; said: string }> {
    let said = '';
    const { manifest } = await takeBackup({
      kind: 'physical',
      source: 'test',
      tools: on.ground.tools,
      location: on.primary,
      store: openLocalStore(store),
      policy,
      walDirectory: on.walDirectory,
      signer,
      output: (text) => (said += text.toString()),
    });
    return { id: manifest.id, said };
  }

  it('is removed by the next backup, which says so, but never while its process lives', async () => {
    const store = await openStore();
    const wal = join(on.ground.directory, 'no-wal');
    await mkdir(wal, { recursive: true });
    const child = engine(store, wal);
    const gone = once(child, 'exit');
    try {
      const partial = await nearlyDone(store);
      const beside = await backUp(store);
      expect(beside.said).not.toContain('removed');
      expect(readdirSync(store)).toContain(partial);

      child.kill('SIGKILL');
      await gone;
      const after = await backUp(store);
      expect(after.said).toContain(
        `removed ${join(store, partial)}: it was never finished, and process ${child.pid!} that made it is gone`,
      );
      expect(readdirSync(store).sort()).toEqual([beside.id, after.id].sort());
      expect((await listBackups(openLocalStore(store), trusted)).broken).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await gone;
      await rm(store, { recursive: true, force: true });
    }
  });

  it('is removed when it had its name but no manifest; a finished one and one of another machine stay', async () => {
    const store = await openStore();
    const child = engine(store, join(on.ground.directory, 'no-wal'));
    const gone = once(child, 'exit');
    const partial = await nearlyDone(store);
    child.kill('SIGKILL');
    await gone;
    const id = partial.replace('.partial', '');
    await rename(join(store, partial), join(store, id));
    const first = await backUp(store);
    expect(first.said).toContain(`removed ${join(store, id)}:`);
    expect(readdirSync(store)).toEqual([first.id]);

    const dead = { pid: child.pid, startTicks: '1', bootId: 'another' };
    const elsewhere = '2027-01-17T010203Z-physical-3f9a01';
    await mkdir(join(store, `${elsewhere}.partial`));
    const note = (host: string) => JSON.stringify({ host, process: dead });
    await writeFile(join(store, `${elsewhere}.owner.json`), note(`not-${hostname()}`));
    await writeFile(join(store, `${first.id}.owner.json`), note(hostname()));
    const second = await backUp(store);
    expect(second.said).not.toContain('removed');
    expect(readdirSync(store).sort()).toEqual(
      [`${elsewhere}.owner.json`, `${elsewhere}.partial`, first.id, second.id].sort(),
    );
  });
});
