import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../base/index.js';
import { makeDurableFolder, syncFile, syncFolder } from '../../store/index.js';
import { runAge, saidBy, type AgeTool } from './age-tool.js';

/**
 * Looks at identity files before age reads them: each a file of our own that nobody else can read, and not locked by a
 * passphrase, which nobody could type. Rejects with `refused` and the command that mends it. No content is ever quoted.
 */
export async function requireIdentities(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch((cause: unknown) => {
      throw new Failure('unavailable', `there is no identity file ${path}`, { cause, retryable: false });
    });
    if (!found.isFile()) throw new Failure('refused', `the identity ${path} is no file`);
    const uid = process.getuid?.() ?? found.uid;
    if (found.uid !== uid) {
      throw new Failure(
        'refused',
        `the identity file ${path} belongs to user ${found.uid}, not to us (${uid})`,
        {
          hint: `Take it over with \`chown ${uid} ${path}\`, or run as its owner.`,
        },
      );
    }
    if ((found.mode & 0o077) !== 0) {
      throw new Failure(
        'refused',
        `the identity file ${path} can be read by others: its mode is ${(found.mode & 0o777).toString(8)}`,
        { hint: `Close it with \`chmod 600 ${path}\`, and ask who has read it.` },
      );
    }
    await requirePlain(path);
  }
}

async function requirePlain(path: string): Promise<void> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0).finally(() => file.close());
  const start = buffer.subarray(0, bytesRead).toString('latin1');
  if (!/^(age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE)/.test(start)) return;
  throw new Failure(
    'refused',
    `the identity file ${path} is locked by a passphrase, and nobody is there to type it`,
    {
      hint: `Open it onto a memory file system first: \`age -d -o /dev/shm/identity ${path}\`, then remove that file.`,
    },
  );
}

/**
 * Makes a new identity (0600) and returns its public key; the secret is written by age-keygen and seen by nobody. Rejects with
 * `refused` when the file exists.
 */
export async function newIdentity(request: {
  readonly age: AgeTool;
  readonly path: string;
}): Promise<{ readonly recipient: string }> {
  const { age, path } = request;
  await makeDurableFolder(dirname(path));
  const made = await runAge(age.keygen, ['-o', path]);
  if (made.exitCode !== 0) {
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    if (exists) throw new Failure('refused', `${path} exists already, and no identity is ever overwritten`);
    throw new Failure('exit-code', `age-keygen could not make ${path}: ${saidBy(made)}`);
  }
  await syncFile(path);
  await syncFolder(dirname(path));
  const [recipient] = await publicKeysOf(age, path);
  if (recipient === undefined)
    throw new Failure('check', `age-keygen wrote ${path}, and no key can be read from it`);
  return { recipient };
}

/** The public keys of an identity file; empty where age-keygen cannot tell, as for SSH keys. */
export async function publicKeysOf(age: AgeTool, path: string): Promise<string[]> {
  const said = await runAge(age.keygen, ['-y', path]);
  return said.exitCode === 0 ? said.tail.filter((line) => /^age1[a-z0-9]+$/.test(line)) : [];
}
