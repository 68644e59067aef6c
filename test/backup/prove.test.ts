import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  controls,
  findBackup,
  hashFile,
  proveSet,
  takeLogicalBackup,
  type Control,
  type ListedSet,
} from '../../src/backup/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { setsIn, signer, trusted, useBackupGround } from './ground.js';

const extra = `
  create index fares_by_amount on fares(amount); alter table fares add constraint positive check (id > 0);
  create role nobody_needs_it; grant insert on fares to nobody_needs_it;`;

describe('the tests of a verification can fail', () => {
  const on = useBackupGround();

  async function prove(set: ListedSet, chosen?: readonly Control[]) {
    const scratch = await on.ground.place('proof');
    const staging = join(on.ground.directory, 'proof-staging');
    const proof = await proveSet({
      ...{ tools: on.ground.tools, store: on.store, set, trusted, walDirectory: on.walDirectory },
      ...{ scratch, stagingDirectory: staging, passwordFrom: on.primary },
      ...(chosen === undefined ? {} : { controls: chosen }),
    });
    for (const path of [scratch.dataDirectory, `${scratch.dataDirectory}.proof`, staging])
      expect(existsSync(path)).toBe(false);
    return proof;
  }

  async function everyFile(): Promise<{ [name: string]: string }> {
    const found: { [name: string]: string } = {};
    for (const entry of await readdir(on.store.directory, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found[path] = (await hashFile(path)).sha256;
    }
    return found;
  }

  it('catches every fault of a physical set, each by its own test, and hurts nothing but copies', async () => {
    const session = await on.session();
    await session.query(extra);
    await session.end();
    await on.backup();
    const [set] = await setsIn(on.store);
    const before = await everyFile();
    const proof = await prove(set!);
    expect(proof.controls.filter((one) => !one.caught)).toEqual([]);
    expect(proof.skipped.map((one) => one.id)).toEqual(['cut-dump']);
    expect([proof.caught, proof.total]).toEqual([controls.length - 1, controls.length - 1]);
    expect(await everyFile()).toEqual(before);
  }, 240_000);

  it('catches the faults of a logical set too: all of its files, and one of each test of what was restored', async () => {
    const taken = await takeLogicalBackup({
      ...{ tools: on.ground.tools, location: on.primary, store: on.store, source: 'test', signer },
    });
    const set = await findBackup(on.store, trusted, taken.manifest.id);
    const once = ['dropped-grant', 'silent-change', 'sequence-set-back', 'read-only'];
    const chosen = controls.filter(({ id, test }) => test <= 3 || test === 5 || once.includes(id));
    const proof = await prove(set, chosen);
    expect(proof.controls.filter((one) => !one.caught)).toEqual([]);
    expect(proof.skipped.map((one) => one.id)).toEqual([
      'cut-archive',
      'missing-segment',
      'archiver-stopped',
    ]);
    expect([proof.caught, proof.total]).toEqual([chosen.length - 3, chosen.length - 3]);
  }, 240_000);

  it('says that a fault was not caught when it was not made, when it went unnamed, and when the test is blind', async () => {
    const [set] = await setsIn(on.store).catch(async () => [
      await findBackup(
        on.store,
        trusted,
        (await readdir(on.store.directory)).find((n) => n.includes('physical'))!,
      ),
    ]);
    const flipped = controls.find((one) => one.id === 'flipped-bit')!;
    const attempt = (change: (tried: NonNullable<Awaited<ReturnType<Control['attempt']>>>) => object) =>
      ({
        ...flipped,
        attempt: async (ground) => {
          const tried = (await flipped.attempt(ground))!;
          return { ...tried, ...change(tried) };
        },
      }) satisfies Control;
    const proof = await prove(set!, [
      flipped,
      { ...attempt(({ without }) => ({ with: without })), id: 'not-made' },
      { ...attempt(({ harm }) => ({ harm: { ...harm, names: ['another-file'] } })), id: 'unnamed' },
      { ...attempt((tried) => ({ without: tried.with })), id: 'always-red' },
      { ...flipped, id: 'impossible', attempt: async () => Promise.resolve(null) },
    ]);
    expect(proof.controls.map(({ id, caught, evidence }) => [id, caught, caught ? '' : evidence[0]])).toEqual(
      [
        ['flipped-bit', true, ''],
        ['not-made', false, 'the test is not red with the fault'],
        ['unnamed', false, 'the test is red for another reason: it does not name another-file'],
        ['always-red', false, expect.stringContaining('the test is not green without the fault')],
      ],
    );
    expect([proof.caught, proof.total]).toEqual([1, 4]);
    expect(proof.skipped.map((one) => one.id)).toEqual(['impossible']);
  }, 120_000);

  it('proves nothing on a place that is not free', async () => {
    const scratch = await on.ground.cluster('standing');
    const [set] = (await readdir(on.store.directory)).filter((name) => name.includes('physical'));
    const failure = await failureOf(
      proveSet({
        ...{ tools: on.ground.tools, store: on.store, trusted, walDirectory: on.walDirectory, scratch },
        ...{
          set: await findBackup(on.store, trusted, set!),
          stagingDirectory: join(on.ground.directory, 's'),
        },
      }),
    );
    expect(failure.reason).toBe('refused');
    expect(existsSync(join(scratch.dataDirectory, 'PG_VERSION'))).toBe(true);
  });
});
