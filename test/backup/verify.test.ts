import { existsSync } from 'node:fs';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  lastVerification,
  newestUsable,
  recordVerification,
  signManifest,
  verifySet,
  type Verification,
} from '../../src/backup/index.js';
import { canonicalJson } from '../../src/base/index.js';
import { clusterState } from '../../src/postgres/index.js';
import { setsIn, signer, trusted, useBackupGround, type PhysicalSet } from './ground.js';

describe('verification of a backup', () => {
  const on = useBackupGround();

  async function verify(
    set: PhysicalSet,
    freshness = { table: 'canary', timeColumn: 'at', rpoMs: 3_600_000, rtoMs: 3_600_000 },
  ) {
    const scratch = await on.ground.place('scratch');
    const { tools } = on.ground;
    const result = await verifySet({
      full: true,
      stagingDirectory: join(on.ground.directory, 'staging'),
      tools,
      store: on.store,
      set,
      trusted,
      walDirectory: on.walDirectory,
      scratch,
      passwordFrom: on.primary,
      freshness,
    });
    expect(existsSync(scratch.dataDirectory)).toBe(false);
    expect(existsSync(scratch.socketDirectory)).toBe(false);
    expect(existsSync(scratch.passfile!)).toBe(false);
    expect(await clusterState(scratch)).toBe('absent');
    return result;
  }

  const verdicts = (result: Verification) =>
    Object.fromEntries(result.tests.map((test) => [test.n, test.verdict]));

  it('passes a good set, runs every test it can, and says which it did not', async () => {
    await on.backup();
    const [set] = await setsIn(on.store);
    const session = await on.session();
    await session.query(`create table later(id int); insert into canary(id) values (2000000)`);
    await session.end();
    const result = await verify(set!);
    expect(result.tests.filter((test) => test.verdict === 'fail')).toEqual([]);
    expect(verdicts(result)).toEqual({
      1: 'pass',
      2: 'not-run',
      3: 'pass',
      4: 'pass',
      5: 'pass',
      6: 'pass',
      7: 'pass',
      8: 'pass',
    });
    expect(result.passed).toBe(true);
    expect(result.restoreMs).toBeGreaterThan(0);
    expect(await lastVerification(on.store, set!, trusted)).toBeNull();
    expect(await recordVerification(on.store, set!, result, signer)).toBe(true);
    const choice = { store: on.store, trusted, walDirectory: on.walDirectory };
    await on.backup();
    const newest = await newestUsable(choice);
    expect(newest.set.id).not.toBe(set!.id);
    expect(newest.verifiedAt).toBeNull();
    const verified = await newestUsable({ ...choice, which: 'last-verified' });
    expect(verified).toMatchObject({ set: { id: set!.id }, verifiedAt: result.endedAt });
  });

  it('fails the very test that a difference belongs to', async () => {
    const [set] = await setsIn(on.store);
    const { expectation } = set!.manifest;
    const { tables, uncovered } = expectation.databases['postgres']!;
    const [cities, ...others] = tables;
    const databases = {
      postgres: { tables: [{ ...cities!, hash: `${cities!.hash}1` }, ...others], uncovered },
    };
    const manifest = { ...set!.manifest, expectation: { ...expectation, databases } };
    const path = join(set!.directory, 'manifest.json');
    const original = await readFile(path);
    await rm(path);
    await writeFile(path, canonicalJson(await signManifest(manifest, signer)));
    const changed = await verify((await setsIn(on.store))[0]!, {
      table: 'canary',
      timeColumn: 'at',
      rpoMs: 1,
      rtoMs: 1,
    });
    await writeFile(path, original);
    expect(verdicts(changed)).toMatchObject({
      1: 'pass',
      4: 'pass',
      5: 'pass',
      6: 'fail',
      7: 'pass',
      8: 'fail',
    });
    expect(changed.tests[5]?.evidence[0]).toMatch(/^cities has 500 rows with hash/);
    expect(changed.passed).toBe(false);
    expect(await recordVerification(on.store, set!, changed, signer)).toBe(false);
  });

  it('leaves a passfile that was there before, which other clusters share', async () => {
    await on.backup();
    const [set] = await setsIn(on.store);
    const place = await on.ground.place('scratch-shared');
    const shared = join(on.ground.directory, 'shared.pass');
    const before = (await readFile(on.primary.passfile!, 'utf8')).replace(`:${on.primary.port}:`, ':*:');
    await writeFile(shared, before, { mode: 0o600 });
    if (place.account) await chown(shared, place.account.uid, place.account.gid);
    const { tools } = on.ground;
    const result = await verifySet({
      full: true,
      stagingDirectory: join(on.ground.directory, 'staging'),
      tools,
      store: on.store,
      set: set!,
      trusted,
      walDirectory: on.walDirectory,
      scratch: { ...place, passfile: shared },
    });
    expect(result.tests.filter((test) => test.verdict === 'fail')).toEqual([]);
    expect(await readFile(shared, 'utf8')).toBe(before);
    expect(await clusterState(place)).toBe('absent');
  });
});
