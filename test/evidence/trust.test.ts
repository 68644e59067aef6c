import { execFileSync } from 'node:child_process';
import { copyFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditRecord, renderAudit } from '../../src/evidence/index.js';
import { principalOf } from '../../src/evidence/allowed-signers.js';
import { newSigner, recordOnDisk, removeTemporaryFolders, seal, temporaryFolder } from './record-on-disk.js';

const signer = newSigner();
let folder: string;
let keys: string;
let anaKey: string;

/** What a person types: `ssh-keygen -Y sign -n firedrill -f key statement.json`. */
async function signAs(name: string, namespace = 'firedrill'): Promise<void> {
  const statement = join(folder, 'statement.json');
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', join(keys, name), statement], {
    stdio: 'ignore',
  });
  await rename(`${statement}.sig`, join(folder, 'signatures', `${name}.sig`));
}

async function allowed(...lines: string[]): Promise<string> {
  const file = join(keys, 'allowed_signers');
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

beforeAll(async () => {
  const record = await recordOnDisk();
  await seal(record, signer);
  folder = record.folder;
  keys = await temporaryFolder();
  for (const name of ['ana', 'eve']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys, name)]);
  }
  anaKey = execFileSync('ssh-keygen', ['-y', '-f', join(keys, 'ana')])
    .toString()
    .split(' ')
    .slice(0, 2)
    .join(' ')
    .trim();
  await signAs('ana');
});
afterAll(removeTemporaryFolders);

describe('an audit with trusted keys', () => {
  test('names the engine’s key and the people who signed', async () => {
    const trust = await allowed(
      `engine@ops ${signer.sshPublicKey}`,
      `ana@example.org namespaces="firedrill" ${anaKey}`,
    );
    const audit = await auditRecord(folder, { trust });
    expect(audit).toMatchObject({ verdict: 'intact', exit: 0, findings: [] });
    expect(audit.signer).toMatchObject({ status: 'trusted', principal: 'engine@ops' });
    expect(audit.people).toEqual([
      { file: 'signatures/ana.sig', status: 'trusted', principal: 'ana@example.org' },
    ]);
    expect(renderAudit(audit)[0]).toBe('INTACT, signer trusted');
    expect(audit.notProven.join('\n')).not.toMatch(/made anew|who signed/);
  });

  test('does not know a person that the file does not name', async () => {
    const trust = await allowed(`engine@ops ${signer.sshPublicKey}`);
    const audit = await auditRecord(folder, { trust });
    expect(audit).toMatchObject({ verdict: 'untrusted', exit: 1 });
    expect(audit.findings).toEqual([
      expect.objectContaining({ code: 'key-unknown', file: 'signatures/ana.sig' }),
    ]);
  });

  test('does not know an engine that the file does not name', async () => {
    const audit = await auditRecord(folder, { trust: await allowed(`ana@example.org ${anaKey}`) });
    expect(audit.findings).toEqual([
      expect.objectContaining({ code: 'key-unknown', file: 'statement.dsse.json' }),
    ]);
  });

  test('a file of trusted keys that is not there is a failure, not a finding', async () => {
    await expect(auditRecord(folder, { trust: '/nowhere' })).rejects.toMatchObject({ reason: 'unavailable' });
  });
});

test('a signature made for another purpose, or over another file, is not good', async () => {
  await signAs('eve', 'git');
  const other = await auditRecord(folder);
  expect(other.findings).toEqual([
    expect.objectContaining({ code: 'signature-bad', file: 'signatures/eve.sig' }),
  ]);
  await copyFile(join(folder, 'plan.json'), join(keys, 'plan.json'));
  execFileSync(
    'ssh-keygen',
    ['-q', '-Y', 'sign', '-n', 'firedrill', '-f', join(keys, 'eve'), join(keys, 'plan.json')],
    {
      stdio: 'ignore',
    },
  );
  await rename(join(keys, 'plan.json.sig'), join(folder, 'signatures', 'eve.sig'));
  expect(await auditRecord(folder)).toMatchObject({ verdict: 'tampered', exit: 1 });
});

describe('lines of allowed_signers', () => {
  const key = signer.sshPublicKey;
  const at = new Date('2027-01-17T03:00:00Z');
  test.each([
    [`ops ${key} a comment`, 'ops'],
    [`"ops,duty" ${key}`, 'ops,duty'],
    [`ops namespaces="git,firedrill" ${key}`, 'ops'],
    [`ops valid-after="20270101Z",valid-before="20271231Z" ${key}`, 'ops'],
    [`# ops ${key}`, null],
    [`ops namespaces="git" ${key}`, null],
    [`ops cert-authority ${key}`, null],
    [`ops valid-before="20270101Z" ${key}`, null],
    [`ops valid-after="soon" ${key}`, null],
    [`ops ${newSigner().sshPublicKey}`, null],
    [key, null],
    ['', null],
  ])('%s', (line, principal) => {
    expect(principalOf(`# trusted\n\n${line}\n`, key, at)).toBe(principal);
  });
});
