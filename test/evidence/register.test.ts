import { spawnSync } from 'node:child_process';
import { appendFile, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { auditRecord, readRegister, registerEnd, registerStart } from '../../src/evidence/index.js';
import {
  newSigner,
  recordOnDisk,
  removeTemporaryFolders,
  runId,
  seal,
  temporaryFolder,
} from './record-on-disk.js';

const at = '2027-01-17T01:00:00.000Z';
const plan = 'a'.repeat(64);
const another = '2027-04-18T010000Z-database-loss-a1b2';
let register: string;

beforeEach(async () => {
  register = join(await temporaryFolder(), 'reports', 'register.jsonl');
});
afterAll(removeTemporaryFolders);

const start = (run: string) => registerStart(register, { runId: run, planSha256: plan, mode: 'drill' }, at);

describe('the register', () => {
  test('is a chain like the journal’s, and says the same thing once', async () => {
    await start(runId);
    await start(runId);
    const sealed = { head: plan, entries: 9, statementSha256: plan, score: null, rating: 'NOT RATED' };
    await registerEnd(register, { kind: 'run-finished', runId, ...sealed }, at);
    await registerEnd(register, { kind: 'run-finished', runId, ...sealed }, at);
    const lines = (await readFile(register, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1]!)).toMatchObject({
      v: 1,
      seq: 2,
      prev: sha256Hex(lines[0]!),
      kind: 'run-finished',
    });
    expect(readRegister(await readFile(register)).problems).toEqual([]);
    expect(await readdir(dirname(register))).toEqual(['register.jsonl']);
  });

  test('keeps every line of many that append at once', async () => {
    const runs = Array.from({ length: 25 }, (_, index) => `2027-01-17T010000Z-x-${1000 + index}`);
    await Promise.all(runs.map(start));
    const { lines, problems } = readRegister(await readFile(register));
    expect(problems).toEqual([]);
    expect(lines.map((line) => line.runId).sort()).toEqual(runs);
  });

  test('a lock whose process is gone does not hold it up', async () => {
    await mkdir(dirname(register), { recursive: true });
    const { pid } = spawnSync('true');
    await writeFile(`${register}.lock`, `${pid}\n`);
    await start(runId);
    expect(await readdir(dirname(register))).toEqual(['register.jsonl']);
  });

  test('a torn last line goes, because nobody was told of it; anything else broken is refused', async () => {
    await start(runId);
    await appendFile(register, '{"v":1,"se');
    await start(another);
    expect(readRegister(await readFile(register)).lines).toHaveLength(2);
    const text = await readFile(register, 'utf8');
    await writeFile(register, text.replace(plan, 'b'.repeat(64)));
    await expect(start('2027-04-18T010000Z-x-zzzz')).rejects.toMatchObject({ reason: 'refused' });
  });
});

describe('an audit beside a register', () => {
  const sealedRun = async () => {
    const record = await recordOnDisk();
    register = join(record.reports, 'register.jsonl');
    const sealed = await seal(record, newSigner());
    const end = {
      kind: 'run-finished',
      runId,
      head: sealed.head,
      entries: sealed.entries,
      statementSha256: sealed.statementSha256,
      score: sealed.score.final,
      rating: sealed.score.band,
    } as const;
    return { ...record, end };
  };

  test('confirms the seal', async () => {
    const { folder, end } = await sealedRun();
    await start(runId);
    await registerEnd(register, end, at);
    const audit = await auditRecord(folder);
    expect(audit).toMatchObject({ verdict: 'intact', exit: 0, missingRuns: [] });
    expect(audit.notProven.join('\n')).not.toContain('made anew');
  });

  test('a run that it does not know, at home, is found; a copy elsewhere only says so', async () => {
    const { folder } = await sealedRun();
    await start(another);
    expect((await auditRecord(folder)).findings).toEqual([
      expect.objectContaining({ code: 'register-lacks-run' }),
    ]);
    const copy = join(dirname(folder), 'example');
    await cp(folder, copy, { recursive: true });
    expect(await auditRecord(copy)).toMatchObject({ verdict: 'intact', exit: 0 });
    expect(await auditRecord(copy, { register })).toMatchObject({ verdict: 'tampered', exit: 1 });
  });

  test('names the runs whose folders have vanished', async () => {
    const { folder, end } = await sealedRun();
    await start(another);
    await start(runId);
    await registerEnd(register, end, at);
    expect((await auditRecord(folder)).missingRuns).toEqual([another]);
  });

  test('tells a later seal, another journal and a shorter one from what it saw', async () => {
    const { folder, end } = await sealedRun();
    const withEnd = async (changed: object) => {
      await rm(register, { force: true });
      await start(runId);
      await registerEnd(register, { ...end, ...changed }, at);
      return (await auditRecord(folder)).findings.map(({ code }) => code);
    };
    expect(await withEnd({ statementSha256: 'c'.repeat(64) })).toEqual(['register-differs']);
    expect(await withEnd({ head: 'c'.repeat(64) })).toEqual(['register-differs']);
    expect(await withEnd({ entries: end.entries + 1 })).toEqual(['journal-short']);
  });

  test('a changed line in it is found', async () => {
    const { folder, end } = await sealedRun();
    await start(runId);
    await registerEnd(register, end, at);
    await writeFile(register, (await readFile(register, 'utf8')).replace('"drill"', '"live"'));
    expect((await auditRecord(folder)).findings).toContainEqual(
      expect.objectContaining({ code: 'register-broken' }),
    );
  });

  test('a register that was named and is not there is found', async () => {
    const { folder } = await sealedRun();
    expect(await auditRecord(folder, { register: '/nowhere/register.jsonl' })).toMatchObject({ exit: 1 });
  });
});
