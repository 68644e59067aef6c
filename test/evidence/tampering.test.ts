import { execFileSync } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, sha256Hex } from '../../src/base/index.js';
import { auditRecord, rescore, type AuditResult, type Signer } from '../../src/evidence/index.js';
import { signEnvelope } from '../../src/evidence/dsse.js';
import { evidenceListSha256, listEvidence, listFolder } from '../../src/evidence/record-files.js';
import { encodeStatement } from '../../src/evidence/statement.js';
import {
  newSigner,
  rechained,
  recordOnDisk,
  removeTemporaryFolders,
  runId,
  seal,
  sha256OfFile,
  temporaryFolder,
} from './record-on-disk.js';

const signer = newSigner();
let sealedFolder: string;

beforeAll(async () => {
  const record = await recordOnDisk();
  await seal(record, signer);
  sealedFolder = record.folder;
  const key = join(record.scratch, 'ana');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ana', '-f', key]);
  const statement = join(record.folder, 'statement.json');
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'firedrill', '-f', key, statement], {
    stdio: 'ignore',
  });
  await rename(`${statement}.sig`, join(record.folder, 'signatures', 'ana.sig'));
});
afterAll(removeTemporaryFolders);

/** A copy of the sealed record, changed. */
async function tampered(change: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(await temporaryFolder(), runId);
  await cp(sealedFolder, folder, { recursive: true });
  await change(folder);
  return folder;
}

async function auditAfter(change: (folder: string) => Promise<unknown>): Promise<AuditResult> {
  return auditRecord(await tampered(change));
}

const codes = (audit: AuditResult) => [...new Set(audit.findings.map(({ code }) => code))].sort();
const named = (audit: AuditResult) => new Set(audit.findings.map(({ file }) => file));

async function journalLines(folder: string): Promise<string[]> {
  return (await readFile(join(folder, 'journal.jsonl'), 'utf8')).trimEnd().split('\n');
}

async function writeJournal(folder: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'journal.jsonl'), lines.map((line) => `${line}\n`).join(''));
}

/** Seals a changed folder anew with a key of one's own: what somebody can do who has no access to the engine's key. */
async function stateAnew(folder: string, by: Signer): Promise<void> {
  const { subject, predicate } = JSON.parse(await readFile(join(folder, 'statement.json'), 'utf8')) as {
    subject: { name: string }[];
    predicate: { result: 'PASSED' };
  };
  const subjects = [];
  for (const { name } of subject)
    subjects.push({ file: name, sha256: await sha256OfFile(join(folder, name)) });
  const statement = encodeStatement(subjects, predicate.result);
  await writeFile(join(folder, 'statement.json'), statement);
  await writeFile(join(folder, 'statement.dsse.json'), signEnvelope(Buffer.from(statement), by));
  await writeFile(join(folder, 'signatures', 'engine.pub.pem'), by.publicKeyPem);
  await rm(join(folder, 'signatures', 'ana.sig'), { force: true });
}

test('untouched, with a person’s signature, it is intact', async () => {
  const audit = await auditRecord(sealedFolder);
  expect(audit.findings).toEqual([]);
  expect(audit.people).toEqual([{ file: 'signatures/ana.sig', status: 'unknown-key', principal: null }]);
});

test('one changed byte anywhere in any file is found, and the file is named', async () => {
  const { files } = await listFolder(sealedFolder);
  expect(files.length).toBeGreaterThan(11);
  const folder = await tampered(() => Promise.resolve());
  for (const { file, bytes } of files) {
    const original = await readFile(join(folder, file));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(0, bytes - 1), fc.nat(bytes - 1)),
        fc.integer({ min: 1, max: 255 }),
        async (position, flip) => {
          const changed = Buffer.from(original);
          changed[position] = (changed[position] ?? 0) ^ flip;
          await writeFile(join(folder, file), changed);
          const audit = await auditRecord(folder);
          expect(audit.exit, `${file} at ${position}`).toBe(1);
          expect(audit.verdict).toBe('tampered');
          expect(named(audit), `${file} at ${position}`).toContain(file);
        },
      ),
      { numRuns: 5 },
    );
    await writeFile(join(folder, file), original);
  }
  expect((await auditRecord(folder)).findings).toEqual([]);
});

test('every file removed by itself is found, and named', async () => {
  const { files } = await listFolder(sealedFolder);
  for (const { file } of files) {
    if (file === 'signatures/ana.sig') continue;
    const audit = await auditAfter((folder) => rm(join(folder, file)));
    expect(audit.exit, file).toBe(1);
    expect(named(audit), file).toContain(file);
  }
});

describe('the journal', () => {
  test('an altered entry is named by its number', async () => {
    const audit = await auditAfter(async (folder) => {
      const lines = await journalLines(folder);
      lines[9] = lines[9]!.replace('"v":1', '"v":1 ');
      await writeJournal(folder, lines);
    });
    expect(audit.findings).toContainEqual(
      expect.objectContaining({ code: 'entry-altered', seq: 11, file: 'journal.jsonl' }),
    );
  });

  test('an entry taken out is missing', async () => {
    const audit = await auditAfter(async (folder) => {
      const lines = await journalLines(folder);
      await writeJournal(folder, lines.toSpliced(9, 1));
    });
    expect(audit.findings).toContainEqual(expect.objectContaining({ code: 'entry-missing', seq: 10 }));
  });

  test('without its last line it is shorter than its seal', async () => {
    const audit = await auditAfter(async (folder) =>
      writeJournal(folder, (await journalLines(folder)).slice(0, -1)),
    );
    expect(codes(audit)).toContain('journal-short');
  });

  test('cut in the middle of the last line it is torn and too short', async () => {
    const audit = await auditAfter(async (folder) => {
      const file = join(folder, 'journal.jsonl');
      await truncate(file, (await readFile(file)).length - 20);
    });
    expect(codes(audit)).toEqual(expect.arrayContaining(['journal-short', 'journal-torn']));
  });

  test('an entry after the seal is told apart, even well chained', async () => {
    const audit = await auditAfter(async (folder) => {
      const lines = await journalLines(folder);
      const extra = { ...(JSON.parse(lines.at(-1)!) as object), type: 'note-taken', data: { text: 'late' } };
      await writeFile(join(folder, 'journal.jsonl'), rechained([...lines, JSON.stringify(extra)]));
      await stateAnew(folder, newSigner());
    });
    expect(audit.findings).toContainEqual(expect.objectContaining({ code: 'entries-after-seal' }));
  });

  test('an anchor noted outside tells a rewritten journal from the one it was noted from', async () => {
    const lines = await journalLines(sealedFolder);
    const noted = sha256Hex(lines[20]!).slice(0, 12);
    expect(await auditRecord(sealedFolder, { expectHead: noted.toUpperCase() })).toMatchObject({ exit: 0 });
    const folder = await tampered(async (copy) => {
      const all = await journalLines(copy);
      all[5] = all[5]!.replace('"mono":', '"mono":1');
      await writeFile(join(copy, 'journal.jsonl'), rechained(all));
      await stateAnew(copy, newSigner());
    });
    const audit = await auditRecord(folder, { expectHead: noted });
    expect(audit.findings).toContainEqual(
      expect.objectContaining({ code: 'journal-short', file: 'journal.jsonl' }),
    );
    expect(await auditRecord(sealedFolder, { expectHead: 'abc' })).toMatchObject({ exit: 1 });
  });

  test('a code that a message carried away is an anchor too', async () => {
    const audit = await auditAfter(async (folder) => {
      const lines = await journalLines(folder);
      lines[3] = lines[3]!.replace('"at":"2027-01-17T01', '"at":"2027-01-17T00');
      await writeFile(join(folder, 'journal.jsonl'), rechained(lines));
      await stateAnew(folder, newSigner());
    });
    expect(audit.findings).toContainEqual(
      expect.objectContaining({
        code: 'entry-altered',
        text: expect.stringContaining('carried the code') as string,
      }),
    );
  });

  test.each([
    ['no JSON', '{"v":1,'],
    ['nothing', ''],
    ['a number', '7'],
    ['an array nested 200,000 deep', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['data nested 100,000 deep', `{"v":1,"seq":1,"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`],
    ['a prototype', '{"__proto__":{"seq":1},"constructor":{"prototype":{}}}'],
    ['10 MB in one line', `{"v":1,"type":"note-taken","data":{"text":"${'x'.repeat(10_000_000)}"}}`],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0, 0x80]).toString('latin1')],
    ['control sequences', '{"type":"\\u001b]0;owned\\u0007\\u202e"}'],
  ])('hostile line: %s', async (_what, line) => {
    const audit = await auditAfter(async (folder) => {
      const lines = await journalLines(folder);
      await writeJournal(folder, [...lines.slice(0, 10), line, ...lines.slice(10)]);
    });
    expect(audit).toMatchObject({ verdict: 'tampered', exit: 1 });
    expect(named(audit)).toContain('journal.jsonl');
  });

  test('well chained nonsense in the data is no bug: the figures cannot be computed, or do not agree', async () => {
    const types = (await journalLines(sealedFolder)).map(
      (line) => (JSON.parse(line) as { type: string }).type,
    );
    for (const type of new Set(types)) {
      const audit = await auditAfter(async (folder) => {
        const lines = (await journalLines(folder)).map((line) => {
          const entry = JSON.parse(line) as { type: string };
          return entry.type === type
            ? JSON.stringify({ ...entry, data: { step: { a: [null] }, evidence: 7, ledger: [] } })
            : line;
        });
        await writeFile(join(folder, 'journal.jsonl'), rechained(lines));
        await stateAnew(folder, newSigner());
      });
      expect(audit, type).toMatchObject({ verdict: 'tampered', exit: 1 });
    }
  });
});

describe('evidence', () => {
  const evidenceFiles = async (folder: string) =>
    (await readdir(join(folder, 'evidence'))).map((name) => join(folder, 'evidence', name));

  test('two files swapped', async () => {
    const audit = await auditAfter(async (folder) => {
      const [one, two] = await evidenceFiles(folder);
      await rename(one!, join(folder, 'aside'));
      await rename(two!, one!);
      await rename(join(folder, 'aside'), two!);
    });
    expect(audit.findings.filter(({ code }) => code === 'evidence-swapped')).toHaveLength(2);
  });

  test('one missing', async () => {
    const audit = await auditAfter(async (folder) => rm((await evidenceFiles(folder))[0]!));
    expect(codes(audit)).toContain('evidence-missing');
  });

  test('one added, and listed in a statement of one’s own', async () => {
    const audit = await auditAfter(async (folder) => {
      const text = 'all is well\n';
      await writeFile(join(folder, 'evidence', `${sha256Hex(text)}.txt`), text);
      await stateAnew(folder, newSigner());
      const listed = await listEvidence(folder, await listFolder(folder));
      expect(evidenceListSha256(listed)).not.toBe('');
    });
    expect(codes(audit)).toEqual(expect.arrayContaining(['evidence-list-differs', 'unlisted-file']));
  });

  test('a link in its place is not followed', async () => {
    const audit = await auditAfter(async (folder) => {
      const [one] = await evidenceFiles(folder);
      const outside = join(await temporaryFolder(), 'outside');
      await rename(one!, outside);
      await symlink(outside, one!);
    });
    expect(codes(audit)).toEqual(expect.arrayContaining(['evidence-missing', 'not-a-regular-file']));
  });
});

describe('the folder', () => {
  test.each([
    'notes.txt',
    '.hidden',
    'evidence/extra.txt',
    'signatures/readme.txt',
    'addenda/1.json',
    'deep/er/file',
  ])('a file that nobody listed: %s', async (file) => {
    const audit = await auditAfter(async (folder) => {
      await mkdir(join(folder, file, '..'), { recursive: true });
      await writeFile(join(folder, file), 'x');
    });
    expect(audit.findings).toContainEqual(expect.objectContaining({ code: 'unlisted-file', file }));
    expect(audit.exit).toBe(1);
  });

  test('links and pipes are named and never opened', async () => {
    const audit = await auditAfter(async (folder) => {
      await rm(join(folder, 'plan.json'));
      await symlink('/dev/zero', join(folder, 'plan.json'));
      await rm(join(folder, 'report.html'));
      execFileSync('mkfifo', [join(folder, 'report.html')]);
      await symlink('/etc', join(folder, 'evidence', 'etc'));
    });
    const strange = audit.findings
      .filter(({ code }) => code === 'not-a-regular-file')
      .map(({ file }) => file);
    expect(strange).toEqual(['evidence/etc', 'plan.json', 'report.html']);
  });

  test('a pipe in the place of a report is not waited for', async () => {
    const audit = await auditAfter(async (folder) => {
      await rm(join(folder, 'report.md'));
      execFileSync('mkfifo', [join(folder, 'report.md')]);
    });
    expect(codes(audit)).toContain('not-a-regular-file');
  });

  test('a ledger cut short is told by its anchor', async () => {
    const audit = await auditAfter(async (folder) => {
      const lines = (await readFile(join(folder, 'ledger.jsonl'), 'utf8')).trimEnd().split('\n');
      await writeFile(join(folder, 'ledger.jsonl'), lines.slice(0, -3).join('\n') + '\n');
      await stateAnew(folder, newSigner());
    });
    expect(codes(audit)).toContain('ledger-short');
  });

  test('a ledger altered and chained anew is told by its anchor', async () => {
    const audit = await auditAfter(async (folder) => {
      const lines = (await readFile(join(folder, 'ledger.jsonl'), 'utf8')).trimEnd().split('\n');
      lines[4] = lines[4]!.replace('"latencyMs":2', '"latencyMs":1');
      await writeFile(join(folder, 'ledger.jsonl'), rechained(lines));
      await stateAnew(folder, newSigner());
    });
    expect(codes(audit)).toContain('ledger-altered');
  });

  test('another plan is not the frozen one', async () => {
    const audit = await auditAfter(async (folder) => {
      const plan = await readFile(join(folder, 'plan.json'), 'utf8');
      await writeFile(join(folder, 'plan.json'), plan.replace('14400000', '24400000'));
      await stateAnew(folder, newSigner());
    });
    expect(codes(audit)).toContain('plan-changed');
  });
});

describe('what is derived', () => {
  test.each(['report.html', 'report.md', 'junit.xml', 'VERIFY.md'])(
    '%s must follow from the journal',
    async (file) => {
      const audit = await auditAfter(async (folder) => {
        await appendFile(join(folder, file), '\n');
        await stateAnew(folder, newSigner());
      });
      expect(audit.findings).toEqual([expect.objectContaining({ code: 'report-differs', file })]);
      expect(audit.renderings).toBe('differ');
    },
  );

  test('a better score in report.json does not follow from the journal', async () => {
    const folder = await tampered(async (copy) => {
      const file = join(copy, 'report.json');
      const report = JSON.parse(await readFile(file, 'utf8')) as { assessment: { score: { final: number } } };
      report.assessment.score.final = 99.9;
      await writeFile(file, JSON.stringify(report, null, 2) + '\n');
      await stateAnew(copy, newSigner());
    });
    expect(codes(await auditRecord(folder))).toEqual(['report-differs', 'score-differs']);
    expect((await rescore(folder)).sameAsSealed).toBe(false);
  });

  test('the result in the statement must follow from the journal too', async () => {
    const audit = await auditAfter(async (folder) => {
      const file = join(folder, 'statement.json');
      const statement = JSON.parse(await readFile(file, 'utf8')) as { predicate: { result: string } };
      expect(statement.predicate.result).toBe('PASSED');
      statement.predicate.result = 'WARNED';
      await writeFile(file, `${canonicalJson(statement)}\n`);
      await stateAnew(folder, newSigner());
    });
    expect(codes(audit)).toEqual(['score-differs']);
  });
});

describe('signatures', () => {
  test('sealed but not signed is a draft', async () => {
    const audit = await auditAfter(async (folder) => {
      for (const file of ['statement.json', 'statement.dsse.json', 'signatures']) {
        await rm(join(folder, file), { recursive: true });
      }
    });
    expect(audit).toMatchObject({ verdict: 'draft', exit: 1, signer: { status: 'none' } });
    expect(codes(audit)).toEqual(['unsigned']);
  });

  test('not sealed is a draft', async () => {
    const record = await recordOnDisk();
    const audit = await auditRecord(record.folder);
    expect(audit).toMatchObject({ verdict: 'draft', exit: 1 });
    expect(codes(audit)).toEqual(['unsealed', 'unsigned']);
  });

  test('signed anew with another key: intact by itself, unknown to whoever names the keys that count', async () => {
    const other = newSigner();
    const folder = await tampered((copy) => stateAnew(copy, other));
    expect(await auditRecord(folder)).toMatchObject({
      verdict: 'intact',
      exit: 0,
      signer: { status: 'unverified' },
    });
    const trust = join(await temporaryFolder(), 'allowed_signers');
    await writeFile(trust, `engine@ops ${signer.sshPublicKey}\n`);
    const audit = await auditRecord(folder, { trust });
    expect(audit).toMatchObject({
      verdict: 'untrusted',
      exit: 1,
      signer: { status: 'unknown-key', keyId: other.keyId },
    });
    expect(codes(audit)).toEqual(['key-unknown']);
  });

  test('the name of a key says nothing: the signature must be by it', async () => {
    const other = newSigner();
    const audit = await auditAfter(async (folder) => {
      const statement = await readFile(join(folder, 'statement.json'));
      const forged = { ...other, keyId: signer.keyId };
      await writeFile(join(folder, 'statement.dsse.json'), signEnvelope(statement, forged));
    });
    expect(codes(audit)).toEqual(['signature-bad']);
  });

  test('a statement signed for something else is no envelope of this kind', async () => {
    const audit = await auditAfter(async (folder) => {
      const file = join(folder, 'statement.dsse.json');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('application/vnd.in-toto+json', 'text/plain'));
    });
    expect(codes(audit)).toContain('envelope-altered');
  });
});
