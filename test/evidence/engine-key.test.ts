import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmod, mkdir, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { configurationFolder, engineSigner } from '../../src/evidence/index.js';
import { removeTemporaryFolders, temporaryFolder } from './record-on-disk.js';

let folder: string;
const keyFile = () => join(folder, 'engine-key.pem');

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'config', 'firedrill');
});
afterAll(removeTemporaryFolders);

test.each([
  [{ FIREDRILL_CONFIG_HOME: '/a', XDG_CONFIG_HOME: '/b' }, '/a'],
  [{ XDG_CONFIG_HOME: '/b' }, '/b/firedrill'],
  [{ FIREDRILL_CONFIG_HOME: '', XDG_CONFIG_HOME: '/b' }, '/b/firedrill'],
])('where it lies: %j', (environment, expected) => {
  expect(configurationFolder(environment)).toBe(expected);
  expect(configurationFolder({})).toMatch(/\/\.config\/firedrill$/);
});

test('it is made on first use, for its owner alone, and kept', async () => {
  const first = await engineSigner(folder);
  expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await engineSigner(folder)).keyId).toBe(first.keyId);
  expect(await readdir(folder)).toEqual(['engine-key.pem']);
});

test('several engines that begin at once use one key', async () => {
  const signers = await Promise.all(Array.from({ length: 8 }, () => engineSigner(folder)));
  expect(new Set(signers.map(({ keyId }) => keyId)).size).toBe(1);
  expect(await readdir(folder)).toEqual(['engine-key.pem']);
});

test('openssl and ssh-keygen agree on its id, its SSH form and its signatures', async () => {
  const signer = await engineSigner(folder);
  const pem = join(folder, '..', 'public.pem');
  await writeFile(pem, signer.publicKeyPem);
  const der = execFileSync('openssl', ['pkey', '-pubin', '-in', pem, '-outform', 'DER']);
  const id = execFileSync('sha256sum', { input: der }).toString().slice(0, 64);
  expect(signer.keyId).toBe(id);
  const ssh = join(folder, '..', 'public.ssh');
  await writeFile(ssh, `${signer.sshPublicKey}\n`);
  expect(execFileSync('ssh-keygen', ['-l', '-f', ssh]).toString()).toMatch(/^256 SHA256:\S+ .*\(ED25519\)/);
  const message = Buffer.from('a statement');
  expect(verify(null, message, createPublicKey(signer.publicKeyPem), signer.sign(message))).toBe(true);
});

test.each([0o640, 0o604, 0o666])('a key that others can read is refused: %o', async (mode) => {
  await engineSigner(folder);
  await chmod(keyFile(), mode);
  await expect(engineSigner(folder)).rejects.toMatchObject({
    reason: 'refused',
    hint: expect.stringContaining('chmod 600') as string,
  });
});

test('a folder that others can change is refused', async () => {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  await expect(engineSigner(folder)).rejects.toMatchObject({ reason: 'refused' });
});

test('a link in its place is refused', async () => {
  await engineSigner(folder);
  await rename(keyFile(), join(folder, 'elsewhere'));
  await symlink(join(folder, 'elsewhere'), keyFile());
  await expect(engineSigner(folder)).rejects.toMatchObject({ reason: 'refused' });
});

test.each([
  ['rubbish', 'no key'],
  [
    'a key of another kind',
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ],
])('%s is refused, not replaced', async (_what, content) => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(keyFile(), content, { mode: 0o600 });
  await expect(engineSigner(folder)).rejects.toMatchObject({ reason: 'refused' });
});
