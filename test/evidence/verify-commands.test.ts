import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  newSigner,
  recordOnDisk,
  removeTemporaryFolders,
  runId,
  seal,
  temporaryFolder,
} from './record-on-disk.js';

const signer = newSigner();
let sealedFolder: string;
let anaKey: string;

beforeAll(async () => {
  const record = await recordOnDisk();
  await seal(record, signer);
  sealedFolder = record.folder;
  const key = join(record.scratch, 'ana');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ana', '-f', key]);
  anaKey = (await readFile(`${key}.pub`, 'utf8')).trim();
  const statement = join(sealedFolder, 'statement.json');
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'firedrill', '-f', key, statement], {
    stdio: 'ignore',
  });
  await rename(`${statement}.sig`, join(sealedFolder, 'signatures', 'ana.sig'));
});
afterAll(removeTemporaryFolders);

/** The commands of VERIFY.md, as an auditor would type them, in one shell, in a copy of the record. */
async function typeTheGuide(
  change: (folder: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  const folder = join(await temporaryFolder(), runId);
  await cp(sealedFolder, folder, { recursive: true });
  // The guide is read before anybody changes the record, and the keys come from somewhere else, as it demands.
  const guide = await readFile(join(folder, 'VERIFY.md'), 'utf8');
  await change(folder);
  await writeFile(join(folder, 'signer.pub.pem'), signer.publicKeyPem);
  await writeFile(join(folder, 'allowed_signers'), `ana@example.org ${anaKey}\n`);
  const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  expect(blocks.length).toBeGreaterThanOrEqual(4);
  return execFileSync('sh', ['-c', `exec 2>&1\n${blocks.join('\n')}\ntrue\n`], { cwd: folder }).toString();
}

const stray = (output: string) =>
  [...output.matchAll(/^not listed: (.*)$/gm)]
    .map((match) => match[1] ?? '')
    .filter(
      (file) => !/^(statement\.|signatures\/|signer\.pub\.pem|allowed_signers|subjects\.sha256)/.test(file),
    );

describe('the commands of VERIFY.md, with sha256sum, openssl and ssh-keygen alone', () => {
  test('confirm a sealed record', async () => {
    const output = await typeTheGuide();
    const lines = (await readFile(join(sealedFolder, 'journal.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(output).toMatch(new RegExp(`^${lines.length} lines, head [0-9a-f]{64}$`, 'm'));
    expect(await readFile(join(sealedFolder, 'VERIFY.md'), 'utf8')).toContain(
      /^\d+ lines, head .*$/m.exec(output)![0],
    );
    expect(output).toContain('Signature Verified Successfully');
    expect(output).toContain(signer.keyId);
    expect(output).toContain('Good "firedrill" signature for ana@example.org');
    expect(output).not.toMatch(/BROKEN|FAILED|Failure/);
    expect(stray(output)).toEqual([]);
  });

  test('the key that lies beside the record is the one that signed it', async () => {
    const beside = await readFile(join(sealedFolder, 'signatures', 'engine.pub.pem'), 'utf8');
    expect(beside).toBe(signer.publicKeyPem);
  });

  test('find a changed entry', async () => {
    const output = await typeTheGuide(async (folder) => {
      const file = join(folder, 'journal.jsonl');
      await writeFile(
        file,
        (await readFile(file, 'utf8')).replace('everybody is here', 'everybody was here'),
      );
    });
    expect(output).toContain('BROKEN');
    expect(output).toContain('journal.jsonl: FAILED');
  });

  test('find a changed, a missing and an added file', async () => {
    const output = await typeTheGuide(async (folder) => {
      await writeFile(join(folder, 'report.md'), 'met\n');
      const [first] = await readdir(join(folder, 'evidence'));
      await rm(join(folder, 'evidence', first!));
      await writeFile(join(folder, 'evidence', 'added.txt'), 'x');
    });
    expect(output).toContain('report.md: FAILED');
    expect(output).toMatch(/evidence\/[0-9a-f]{64}\.\w+: FAILED open or read/);
    expect(stray(output)).toEqual(['evidence/added.txt']);
  });

  test('find a statement made anew', async () => {
    const output = await typeTheGuide(async (folder) => {
      const file = join(folder, 'statement.json');
      await writeFile(file, (await readFile(file, 'utf8')).replace(/[0-9a-f]{64}/, 'f'.repeat(64)));
    });
    expect(output).not.toContain('the envelope holds statement.json');
    expect(output).not.toContain('Good "firedrill" signature');
  });

  test('find a signature by another key', async () => {
    const output = await typeTheGuide(async (folder) => {
      const file = join(folder, 'statement.dsse.json');
      const sig = newSigner().sign(Buffer.from('x')).toString('base64');
      await writeFile(file, (await readFile(file, 'utf8')).replace(/"sig":"[^"]*"/, `"sig":"${sig}"`));
    });
    expect(output).not.toContain('Signature Verified Successfully');
  });
});
