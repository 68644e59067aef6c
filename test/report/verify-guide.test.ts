import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assess } from '../../src/assessment/index.js';
import { canonicalJson, sha256Hex } from '../../src/base/index.js';
import { buildReport, renderVerifyGuide } from '../../src/report/index.js';
import { ana } from '../assessment/record-builder.js';
import { buildRun } from '../assessment/run-fixture.js';

let folder = '';
let blocks: string[] = [];
const sh = (script: string) => {
  try {
    return execFileSync('sh', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}\nFAILED`;
  }
};

/** A record as the guide expects it on disk, made here from scratch with other code than the product's. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guide-'));
  const built = buildRun().add('note-taken', { text: 'quotes " and \\ and ünïcode "prev":"ffff"' }, ana);
  let head = '0'.repeat(64);
  const lines = built.entries.map((entry) => {
    const line = JSON.stringify({ ...entry, prev: head });
    head = sha256Hex(line);
    return line;
  });
  writeFileSync(join(folder, 'journal.jsonl'), lines.map((line) => `${line}\n`).join(''));
  const record = built.record({ head });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const guide = renderVerifyGuide(buildReport(record, assess(record)));
  writeFileSync(join(folder, 'VERIFY.md'), guide);
  writeFileSync(join(folder, 'signer.pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  mkdirSync(join(folder, 'evidence'));
  writeFileSync(join(folder, 'evidence', 'out.txt'), 'output\n');
  const files = ['VERIFY.md', 'evidence/out.txt', 'journal.jsonl', 'signer.pub.pem'];
  const subject = files.map((name) => ({
    name,
    digest: { sha256: execFileSync('sha256sum', [name], { cwd: folder, encoding: 'utf8' }).slice(0, 64) },
  }));
  // As the product writes it: one subject stands in the predicate as well, and a newline ends the file.
  const predicate = { result: 'PASSED', configuration: subject.slice(0, 1) };
  const statement = `${canonicalJson({ _type: 'https://in-toto.io/Statement/v1', subject, predicate })}\n`;
  writeFileSync(join(folder, 'statement.json'), statement);
  const type = 'application/vnd.in-toto+json';
  const pae = `DSSEv1 ${type.length} ${type} ${Buffer.byteLength(statement)} ${statement}`;
  const envelope = {
    payload: Buffer.from(statement).toString('base64'),
    payloadType: type,
    signatures: [{ keyid: sha256Hex(der), sig: sign(null, Buffer.from(pae), privateKey).toString('base64') }],
  };
  writeFileSync(join(folder, 'statement.dsse.json'), canonicalJson(envelope));
  mkdirSync(join(folder, 'signatures'));
  sh(`ssh-keygen -q -t ed25519 -N '' -f person && ssh-keygen -q -Y sign -f person -n firedrill statement.json &&
    mv statement.json.sig signatures/ana.sig && echo "ana@example.org $(cat person.pub)" > allowed_signers`);
  blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the loop over the journal prints the number of lines and the head that the guide names', () => {
  const printed = sh(blocks[0] ?? '').trim();
  expect(sh('cat VERIFY.md')).toContain(`\n${printed}\n`);
  expect(printed).toMatch(/^\d+ lines, head [0-9a-f]{64}$/);
  sh("sed -i '3s/s1/s2/' journal.jsonl");
  expect(sh(blocks[0] ?? '')).toContain('line 4: the chain is BROKEN');
  sh("sed -i '3s/s2/s1/' journal.jsonl");
});

test('the statement is checked file by file, and a file that it does not list is named', () => {
  expect(sh(blocks[1] ?? '')).toBe(
    'VERIFY.md: OK\nevidence/out.txt: OK\njournal.jsonl: OK\nsigner.pub.pem: OK\n4\n',
  );
  sh('touch stranger.txt; printf x >> evidence/out.txt');
  expect(sh(blocks[1] ?? '')).toContain('evidence/out.txt: FAILED');
  expect(sh(blocks[2] ?? '')).toContain('not listed: stranger.txt');
  sh('rm stranger.txt; printf "output\\n" > evidence/out.txt');
});

test('openssl verifies the envelope’s signature, and refuses a changed one', () => {
  const printed = sh(blocks[3] ?? '');
  expect(printed).toContain('the envelope holds statement.json');
  expect(printed).toContain('Signature Verified Successfully');
  expect(printed).toContain(/"keyid":"([0-9a-f]+)"/.exec(sh('cat statement.dsse.json'))?.[1] ?? 'no key id');
  sh('cp statement.dsse.json kept; sed -i "s/vnd.in-toto/vnd.in-total/" statement.dsse.json');
  expect(sh(blocks[3] ?? '')).not.toContain('Signature Verified Successfully');
  sh('mv kept statement.dsse.json');
});

test('ssh-keygen verifies a person’s signature', () => {
  expect(sh(blocks[4] ?? '')).toContain('Good "firedrill" signature for ana@example.org');
});
