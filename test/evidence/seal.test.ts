import { appendFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import {
  auditRecord,
  makeRedactor,
  readRecord,
  renderAudit,
  rescore,
  sealRecord,
} from '../../src/evidence/index.js';
import { rendererVersion } from '../../src/report/index.js';
import { makePlan } from '../assessment/plan-fixture.js';
import {
  newSigner,
  openItsJournal,
  recordOnDisk,
  removeTemporaryFolders,
  seal,
  sha256OfFile,
} from './record-on-disk.js';

afterAll(removeTemporaryFolders);

describe('a sealed record', () => {
  test('is intact, and its score follows from it byte for byte', async () => {
    const record = await recordOnDisk();
    const signer = newSigner();
    const sealed = await seal(record, signer);
    const audit = await auditRecord(record.folder);
    expect(audit.findings).toEqual([]);
    expect(audit).toMatchObject({ verdict: 'intact', exit: 0, renderings: 'same-bytes', head: sealed.head });
    expect(audit.signer).toEqual({ keyId: signer.keyId, status: 'unverified', principal: null });
    expect(renderAudit(audit)[0]).toBe('INTACT, signer unverified');
    expect(audit.notProven.join('\n')).toMatch(/who signed/);
    const again = await rescore(record.folder);
    expect(again.sameAsSealed).toBe(true);
    expect(again.score.final).toBe(sealed.score.final);
  });

  test('counts its own line and names the evidence and the ledger', async () => {
    const record = await recordOnDisk();
    const sealed = await seal(record, newSigner());
    const lines = (await readFile(join(record.folder, 'journal.jsonl'), 'utf8')).trimEnd().split('\n');
    const last = JSON.parse(lines.at(-1)!) as { seq: number; type: string; data: Record<string, unknown> };
    const names = (await readdir(join(record.folder, 'evidence'))).map((name) => `evidence/${name}`);
    const list = names.map((name) => `${/[0-9a-f]{64}/.exec(name)![0]}  ${name}\n`).sort();
    const ledger = (await readFile(join(record.folder, 'ledger.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(last.type).toBe('run-sealed');
    expect(last.data).toEqual({
      entries: lines.length,
      evidenceSha256: sha256Hex(list.join('')),
      ledger: { seq: ledger.length, sha256: sha256Hex(ledger.at(-1)!) },
    });
    expect([last.seq, sealed.entries]).toEqual([lines.length, lines.length]);
  });

  test('has a statement of every file, in the form of in-toto', async () => {
    const record = await recordOnDisk({ how: { lost: 2 } });
    const { result } = await seal(record, newSigner());
    const statement = JSON.parse(await readFile(join(record.folder, 'statement.json'), 'utf8')) as {
      subject: { name: string; digest: { sha256: string } }[];
    };
    const plan = {
      name: 'plan.json',
      digest: { sha256: await sha256OfFile(join(record.folder, 'plan.json')) },
    };
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: { result, configuration: [plan] },
    });
    const evidence = (await readdir(join(record.folder, 'evidence')))
      .sort()
      .map((name) => `evidence/${name}`);
    expect(statement.subject.map(({ name }) => name)).toEqual([
      'VERIFY.md',
      ...evidence,
      'journal.jsonl',
      'junit.xml',
      'ledger.jsonl',
      'plan.json',
      'report.html',
      'report.json',
      'report.md',
    ]);
    for (const { name, digest } of statement.subject) {
      expect(await sha256OfFile(join(record.folder, name))).toBe(digest.sha256);
    }
  });

  test.each([
    ['every objective met', {}],
    ['a run that failed', { stopAfter: { phase: 'recovery', end: 'failed' } }],
    ['a resumed run', { resumeInRestore: 60_000 }],
    ['no observer, no ledger', { sentinel: false }],
    ['a tabletop without figures', { lost: 20 }],
  ] as const)('audits intact whatever the outcome: %s', async (_what, how) => {
    const record = await recordOnDisk({ how });
    const { score, result } = await seal(record, newSigner());
    expect(result).toBe(
      { P: 'PASSED', S: 'WARNED', M: 'FAILED', U: 'FAILED', 'NOT RATED': 'FAILED' }[score.band],
    );
    if (!('sentinel' in how))
      expect((await readRecord(record.folder)).record?.ledger.length).toBeGreaterThan(20);
    expect((await auditRecord(record.folder)).findings).toEqual([]);
  });

  test('of another renderer is computed again, and says that the rendering was not', async () => {
    const plan = makePlan({ versions: { tool: '9', formula: '1', renderer: `${rendererVersion}-later` } });
    const record = await recordOnDisk({ how: { plan } });
    await seal(record, newSigner());
    const audit = await auditRecord(record.folder);
    expect(audit).toMatchObject({ exit: 0, renderings: 'figures-agree' });
    expect(audit.notProven.join('\n')).toContain('figures agree, rendering not re-checked');
    await writeFile(join(record.folder, 'report.json'), '{}\n');
    expect((await auditRecord(record.folder)).findings.map(({ code }) => code)).toContain('score-differs');
  });
});

describe('sealing', () => {
  test('after a crash in the middle goes on and gives the same bytes', async () => {
    const record = await recordOnDisk();
    const signer = newSigner();
    const first = await seal(record, signer);
    for (const file of ['statement.json', 'statement.dsse.json', 'report.html', 'signatures']) {
      await rm(join(record.folder, file), { recursive: true });
    }
    await writeFile(join(record.folder, 'report.html.partial'), '<html');
    await writeFile(join(record.folder, 'evidence', 'x.txt.partial'), 'half');
    expect(await seal(record, signer)).toEqual(first);
    expect((await auditRecord(record.folder)).findings).toEqual([]);
  });

  test.each([
    ['a known secret', 'S3cr3t-of-the-day in the middle'],
    ['a connection address', 'postgres://app:tiger7@db/shop'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'],
  ])('is blocked by a secret that got past: %s', async (_what, planted) => {
    // The output came in before anybody knew of the secret.
    const record = await recordOnDisk();
    const text = `${'harmless\n'.repeat(100_000)}${planted}\n`;
    const file = `evidence/${sha256Hex(text)}.txt`;
    await writeFile(join(record.folder, file), text);
    const journal = await openItsJournal(record);
    const redactor = makeRedactor({ secrets: ['S3cr3t-of-the-day'] });
    const attempt = sealRecord({ folder: record.folder, journal, signer: newSigner(), redactor });
    await expect(attempt).rejects.toMatchObject({
      reason: 'check',
      message: expect.stringContaining(file) as string,
    });
    await expect(attempt).rejects.not.toThrow(/tiger7|S3cr3t|MIIE/);
    await journal.close();
    expect(await readdir(record.folder)).not.toContain('statement.json');
    expect(await auditRecord(record.folder)).toMatchObject({ verdict: 'draft', exit: 1 });
  });

  test('a secret in the journal blocks it too', async () => {
    const record = await recordOnDisk();
    const journal = await openItsJournal(record);
    await journal.append(
      { type: 'note-taken', data: { text: 'the new one is password=tiger7' } },
      { kind: 'person', name: 'Ana' },
    );
    const attempt = sealRecord({
      folder: record.folder,
      journal,
      signer: newSigner(),
      redactor: record.redactor,
    });
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringContaining('journal.jsonl') as string,
    });
    await journal.close();
  });

  test('what was redacted on its way in does not block it', async () => {
    const output = 'PGPASSWORD=tiger7 psql postgres://app:p@ss@db/x\n"password": "S3cr3t-of-the-day"\n';
    const record = await recordOnDisk({ secrets: ['S3cr3t-of-the-day'], output });
    await seal(record, newSigner());
    expect(await auditRecord(record.folder)).toMatchObject({ verdict: 'intact', exit: 0 });
  });

  test('a record that does not verify is not sealed', async () => {
    const record = await recordOnDisk();
    await appendFile(join(record.folder, 'plan.json'), ' ');
    await expect(seal(record, newSigner())).rejects.toMatchObject({ reason: 'invalid' });
  });

  test('a stray file is named, not sealed over', async () => {
    const record = await recordOnDisk();
    await writeFile(join(record.folder, 'notes.txt'), 'x');
    await expect(seal(record, newSigner())).rejects.toThrow(/notes\.txt/);
  });

  test('a ledger whose last line a killed observer left torn is sealed, and what is torn counts for nothing', async () => {
    const record = await recordOnDisk();
    const before = (await readRecord(record.folder)).record!.ledger.length;
    await appendFile(join(record.folder, 'ledger.jsonl'), '{"v":1,"seq":');
    await seal(record, newSigner());
    expect((await readRecord(record.folder)).record!.ledger).toHaveLength(before);
    expect((await auditRecord(record.folder)).findings).toEqual([]);
  });
});
