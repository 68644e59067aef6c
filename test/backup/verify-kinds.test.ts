import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  findBackup,
  lastVerification,
  recordVerification,
  takeLogicalBackup,
  verifySet,
  type ListedSet,
  type Verification,
  type VerifyRequest,
} from '../../src/backup/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { signer, trusted, useBackupGround } from './ground.js';

const verdicts = (result: Verification) => result.tests.map(({ verdict }) => verdict).join(' ');

describe('verification of sets of every kind', () => {
  const on = useBackupGround();

  async function logical(): Promise<ListedSet> {
    const { manifest } = await takeLogicalBackup({
      ...{
        tools: on.ground.tools,
        location: on.primary,
        store: on.store,
        source: 'test',
        signer,
      },
    });
    return findBackup(on.store, trusted, manifest.id);
  }

  async function verify(set: ListedSet, more: Partial<VerifyRequest> = {}): Promise<Verification> {
    const scratch = await on.ground.place('scratch');
    const stagingDirectory = join(on.ground.directory, 'staging');
    const result = await verifySet({
      ...{ tools: on.ground.tools, store: on.store, set, trusted, scratch, stagingDirectory, full: true },
      ...{ walDirectory: on.walDirectory, passwordFrom: on.primary },
      freshness: { rpoMs: 3_600_000, rtoMs: 3_600_000 },
      ...more,
    });
    for (const path of [scratch.dataDirectory, scratch.socketDirectory, stagingDirectory])
      expect(existsSync(path)).toBe(false);
    return result;
  }

  it('runs all tests of a logical set, whose age is that of its snapshot', async () => {
    const set = await logical();
    const right = 'select count(*) = 500 from cities';
    const result = await verify(set, { smoke: [{ sql: right }] });
    expect(result.tests.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect([verdicts(result), result.passed]).toEqual(['pass not-run pass pass pass pass pass pass', true]);
    expect(result.tests[7]!.evidence).toContain('1 smoke queries answered');
    expect(result.tests[7]!.evidence[2]).toContain('the snapshot that the backup was taken in');
    const wrong = 'select count(*) = 501 from cities';
    const asked = await verify(set, { smoke: [{ sql: wrong }] });
    expect(asked.tests[7]!.evidence).toEqual([`smoke query answered false: ${wrong}`]);
    const old = await verify(set, { freshness: { rpoMs: 1 } });
    expect([verdicts(old), old.passed]).toEqual(['pass not-run pass pass pass pass pass fail', false]);
  });

  it('calls it partial when only the files were asked for, and notes nothing', async () => {
    const set = await logical();
    const result = await verify(set, { full: false });
    expect(result).toMatchObject({ scope: 'partial', passed: true, required: [1, 3], restoreMs: null });
    expect(verdicts(result)).toBe('pass not-run pass not-run not-run not-run not-run not-run');
    expect(await recordVerification(on.store, set, result, signer)).toBe(false);
    expect(await lastVerification(on.store, set, trusted)).toBeNull();
  });

  it('names what is not of the set, and a log that is not there', async () => {
    const taken = await on.backup();
    const set = await findBackup(on.store, trusted, taken.manifest.id);
    await writeFile(join(taken.directory, 'extra.txt'), 'x');
    const result = await verify(set, { full: false });
    expect(result.tests[0]!.evidence).toContain('not of the set, and never read: extra.txt');
    const walDirectory = join(on.ground.directory, 'no-wal');
    const noLog = await verify(set, { full: false, walDirectory });
    expect(noLog.tests[2]).toMatchObject({
      verdict: 'fail',
      evidence: [expect.stringContaining(walDirectory)],
    });
  });

  it('never uses a place where something stands', async () => {
    const standing = await on.ground.cluster('standing');
    const set = await logical();
    const failure = await failureOf(
      verifySet({
        ...{ tools: on.ground.tools, store: on.store, set, trusted, scratch: standing, full: true },
        stagingDirectory: join(on.ground.directory, 'staging'),
      }),
    );
    expect(failure.reason).toBe('refused');
    expect(existsSync(join(standing.dataDirectory, 'PG_VERSION'))).toBe(true);
  });
});
