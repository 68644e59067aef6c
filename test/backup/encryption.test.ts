import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import {
  decryptFile,
  decryptStream,
  encryptFiles,
  findAge,
  listBackups,
  newIdentity,
  readRecipients,
  recipientProblem,
  recipientsWarning,
  stageSet,
} from '../../src/backup/index.js';
import { sha256Hex } from '../../src/base/index.js';
import { failureOf } from '../postgres/failure-of.js';
import {
  commandLines,
  contents,
  engine,
  filesIn,
  identityIn,
  killBy,
  makeSealed,
  openLocalStore,
  trusted,
  useFolder,
} from './sealed-ground.js';

const directory = useFolder('age');
let count = 0;
const place = () => join(directory, String((count += 1)));
const operations = await identityIn(directory, 'operations.key');
const escrow = await identityIn(directory, 'escrow.key');
const stranger = await identityIn(directory, 'stranger.key');
const age = await findAge();
const both = [`${operations.recipient} operations`, `${escrow.recipient} escrow, safe`];

/** One file of several chunks, encrypted, with the place where its first chunk begins. */
async function sealedFile(bytes = Buffer.alloc(200_000, 'firedrill')) {
  const folder = place();
  execFileSync('mkdir', [folder]);
  writeFileSync(join(folder, 'x'), bytes);
  const [file] = await encryptFiles({ age, directory: folder, files: [{ name: 'x' }], recipients: both });
  const path = join(folder, 'x.age');
  const header = readFileSync(path).indexOf('\n--- ');
  const payload = readFileSync(path).indexOf('\n', header + 1) + 1 + 16;
  return { folder, path, payload, file: file!, to: join(folder, 'out') };
}

describe('a set that was made for recipients', () => {
  it('opens with the stock program and either identity, and holds no plain byte', async () => {
    const store = openLocalStore(place());
    const set = await makeSealed(store, both);
    expect(set.manifest.encryption).toEqual(both);
    const there = filesIn(join(store.directory, set.id));
    expect(Object.keys(there).sort()).toEqual(
      [...Object.keys(contents).map((name) => `${name}.age`), 'manifest.json'].sort(),
    );
    for (const file of set.manifest.files) {
      expect(sha256Hex(there[file.name]!)).toBe(file.sha256);
      expect(there[file.name]).toHaveLength(file.bytes);
      const plain = contents[file.plain!.name]!;
      expect(file).toMatchObject({
        name: `${file.plain!.name}.age`,
        plain: { bytes: plain.length, sha256: sha256Hex(plain) },
      });
      for (const identity of [operations, escrow]) {
        const path = join(store.directory, set.id, file.name);
        expect(execFileSync('age', ['-d', '-i', identity.path, path]).equals(plain)).toBe(true);
        expect(statSync(path).mode & 0o777).toBe(0o400);
      }
    }
  });

  it('is not begun for a recipient that is wrong, and nothing of it stays', async () => {
    const store = openLocalStore(place());
    const wrong = `${operations.recipient.slice(0, -1)}${operations.recipient.endsWith('q') ? 'p' : 'q'}`;
    const failure = await failureOf(makeSealed(store, [escrow.recipient, wrong]));
    expect(failure).toMatchObject({
      reason: 'invalid',
      message: expect.stringMatching(/^recipient 2 .*check characters/) as string,
    });
    expect(existsSync(store.directory)).toBe(false);
  });

  it('whose maker was killed leaves plain files only until the next set is made', async () => {
    const store = openLocalStore(place());
    // A file that never ends being encrypted: the plain ones lie beside it when the process dies.
    const child = engine(
      `import { makeSet, signerFrom, generateSigningKey } from 'src:backup/index.ts';
       import { openLocalStore } from 'src:store/index.ts';
       import { createWriteStream, ftruncateSync, openSync, writeFileSync } from 'node:fs';
       const request = { store: openLocalStore(given.store), kind: 'logical', account: null, recipients: given.recipients,
         signer: signerFrom(generateSigningKey().privateKey) };
       await makeSet(request, async (set) => {
         writeFileSync(set.directory + '/a', 'PLAINTEXT');
         ftruncateSync(openSync(set.directory + '/b', 'w'), 5e9);
         return { manifest: () => ({}) };
       });`,
      { store: store.directory, recipients: both },
    );
    const gone = once(child, 'exit');
    try {
      await vi.waitFor(
        () => expect(readdirSync(store.directory, { recursive: true }).join()).toContain('b.age.partial'),
        { timeout: 20_000 },
      );
    } finally {
      child.kill('SIGKILL');
      await gone;
      // Whoever is killed like this cannot end its own children.
      killBy(store.directory);
    }
    expect((await listBackups(store, trusted)).sets).toEqual([]);
    const next = await makeSealed(store, both);
    expect(readdirSync(store.directory)).toEqual([next.id]);
  });

  it('keeps opening with its old identity after the keys were changed, with both given at once', async () => {
    const store = openLocalStore(place());
    const old = await makeSealed(store, [operations.recipient]);
    const fresh = await makeSealed(store, [escrow.recipient]);
    const identities = [operations.path, escrow.path];
    for (const set of [old, fresh]) {
      const staged = await stageSet({ store, set, into: place(), identities });
      expect(filesIn(staged.directory)['globals.sql']).toEqual(contents['globals.sql']);
      await staged.release();
    }
    const lost = await failureOf(
      stageSet({ store, set: fresh, into: place(), identities: [operations.path] }),
    );
    expect(lost.reason).toBe('unavailable');
  });
});

describe('opening', () => {
  it('says whose key is missing when the key is lost, and what to do', async () => {
    const store = openLocalStore(place());
    const set = await makeSealed(store, both);
    const into = place();
    const lost = await failureOf(stageSet({ store, set, into, identities: [stranger.path] }));
    expect(lost).toMatchObject({
      reason: 'unavailable',
      retryable: false,
      hint: expect.stringContaining('escrow') as string,
    });
    for (const part of ['operations (age1', 'escrow, safe (age1', stranger.path, stranger.recipient])
      expect(lost.message).toContain(part);
    expect(Object.keys(filesIn(into))).toEqual(['.staged']);
    const none = await failureOf(stageSet({ store, set, into: place() }));
    expect(none.message).toMatch(/encrypted for operations .*, and no identity file was given$/);
  });

  it.each(['chunk boundary', 'mid-chunk', 'header', 'appended', 'flipped', 'flipped header', 'emptied'])(
    'fails for a file that is damaged (%s), and leaves nothing of it',
    async (how) => {
      const { path, payload, to, folder } = await sealedFile();
      chmodSync(path, 0o600);
      const flip = (at: number) => {
        const bytes = readFileSync(path);
        bytes[at]! ^= 1;
        writeFileSync(path, bytes);
      };
      const damage: { [how: string]: () => void } = {
        'chunk boundary': () => truncateSync(path, payload + 64 * 1024 + 16),
        'mid-chunk': () => truncateSync(path, payload + 70_000),
        header: () => truncateSync(path, 50),
        appended: () => appendFileSync(path, 'x'),
        flipped: () => flip(payload + 150_000),
        'flipped header': () => flip(40),
        emptied: () => truncateSync(path, 0),
      };
      damage[how]!();
      const identities = [operations.path, escrow.path];
      const failure = await failureOf(decryptFile({ age, from: path, to, identities }));
      expect(failure.reason).toBe('check');
      expect(readdirSync(folder)).toEqual(['x.age']);
      const streamed = decryptStream({
        age,
        what: 'x',
        from: Readable.from([readFileSync(path)]),
        to,
        identities,
      });
      expect((await failureOf(streamed)).reason).toBe('check');
      expect(readdirSync(folder)).toEqual(['x.age']);
    },
  );

  it('gives a file of no bytes as a file, from a file and from a stream', async () => {
    const { path, to } = await sealedFile(Buffer.alloc(0));
    await decryptFile({ age, from: path, to, identities: [escrow.path] });
    expect(statSync(to)).toMatchObject({ size: 0 });
    const from = Readable.from([readFileSync(path)]);
    await decryptStream({ age, what: 'x', from, to: `${to}2`, identities: [escrow.path] });
    expect([statSync(`${to}2`).size, statSync(`${to}2`).mode & 0o777]).toEqual([0, 0o600]);
  });

  it('fails as its source does, and ends when it is cancelled, leaving no process and no file', async () => {
    const { path, to, folder } = await sealedFile();
    const from = new PassThrough();
    from.write(readFileSync(path).subarray(0, 100_000));
    const request = { age, what: 'x', to, identities: [escrow.path] };
    const opened = decryptStream({ ...request, from });
    await vi.waitFor(() => expect(existsSync(`${to}.partial`)).toBe(true));
    from.destroy(new Error('the line broke'));
    await expect(opened).rejects.toThrow('the line broke');
    const stop = new AbortController();
    const waiting = decryptStream({ ...request, from: new PassThrough(), signal: stop.signal });
    await vi.waitFor(() => expect(existsSync(`${to}.partial`)).toBe(true));
    stop.abort();
    expect((await failureOf(waiting)).reason).toBe('cancelled');
    expect(readdirSync(folder)).toEqual(['x.age']);
    expect(commandLines()).not.toContain(to);
  });
});

describe('identities', () => {
  it('are refused when others can read them, when they are another’s, and when they wait for a passphrase', async () => {
    const { path: from, to } = await sealedFile();
    const mine = await identityIn(directory, `open-${count}.key`);
    const ask = async () => failureOf(decryptFile({ age, from, to, identities: [mine.path] }));
    chmodSync(mine.path, 0o640);
    expect(await ask()).toMatchObject({
      reason: 'refused',
      hint: expect.stringContaining(`chmod 600 ${mine.path}`) as string,
    });
    chmodSync(mine.path, 0o600);
    if (process.getuid?.() === 0) {
      chownSync(mine.path, 65534, 65534);
      expect(await ask()).toMatchObject({
        reason: 'refused',
        hint: expect.stringContaining('chown 0') as string,
      });
      chownSync(mine.path, 0, 0);
    }
    writeFileSync(mine.path, 'age-encryption.org/v1\n-> scrypt xxx 18\n');
    expect((await ask()).message).toContain('locked by a passphrase');
    writeFileSync(mine.path, '# only a comment\n');
    expect((await ask()).reason).toBe('invalid');
    expect((await failureOf(newIdentity({ age, path: mine.path }))).reason).toBe('refused');
  });

  it('never show: not in command lines, not in what fails', async () => {
    const secret = /AGE-SECRET-KEY-\S+/.exec(readFileSync(stranger.path, 'utf8'))![0];
    const mistyped = join(directory, 'mistyped.key');
    writeFileSync(mistyped, `${secret.slice(0, -1)}b\n`, { mode: 0o600 });
    const { path, to } = await sealedFile();
    const said: string[] = [];
    for (const identity of [stranger.path, mistyped]) {
      const failure = await failureOf(decryptFile({ age, from: path, to, identities: [identity] }));
      said.push(failure.message, failure.hint ?? '', failure.stack ?? '');
    }
    said.push(
      (await failureOf(makeSealed(openLocalStore(place()), [secret]))).message,
      recipientProblem(secret)!,
    );
    const from = new PassThrough();
    from.write(readFileSync(path).subarray(0, 500));
    const stop = new AbortController();
    const open = decryptStream({
      age,
      what: 'x',
      from,
      to,
      identities: [operations.path, stranger.path],
      signal: stop.signal,
    });
    await vi.waitFor(() => expect(commandLines()).toContain(stranger.path));
    said.push(commandLines());
    stop.abort();
    await failureOf(open);
    expect(said.join('\n')).not.toContain(secret.slice(16, 40));
  });
});

describe('recipients', () => {
  it('are read from a file that age takes too, with the comment above each as its label', async () => {
    const path = join(directory, 'recipients.txt');
    writeFileSync(path, `# operations\n${operations.recipient}\n\n# escrow, safe\n${escrow.recipient}\n`);
    expect(await readRecipients(path)).toEqual(both);
    execFileSync('age', ['-R', path, '-o', '/dev/null', path]);
    writeFileSync(path, `${operations.recipient}\nage1nonsense\n`);
    expect((await failureOf(readRecipients(path))).message).toContain(`line 2 of ${path}`);
  });

  it('are two or more, or there is a warning; a key that age would not take is told before', () => {
    expect(recipientsWarning(both)).toBeNull();
    expect(recipientsWarning([])).toBeNull();
    expect(recipientsWarning([both[0]!, operations.recipient])).toContain('one recipient only');
    expect(recipientProblem('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGa4 ops@host')).toBeNull();
    expect(recipientProblem(operations.recipient.toUpperCase())).not.toBeNull();
    for (const at of [5, 30, 60]) {
      const typo = operations.recipient.split('');
      typo[at] = typo[at] === 'q' ? 'p' : 'q';
      expect(recipientProblem(typo.join(''))).toContain('check characters');
    }
  });
});

it('without age it says what to install', async () => {
  const failure = await failureOf(findAge({ PATH: directory }));
  expect(failure).toMatchObject({
    reason: 'unavailable',
    hint: expect.stringContaining('apt-get install age') as string,
  });
});
