import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, stat, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../base/index.js';
import { syncFolder, unwritable } from './durable-file.js';

export interface Signer {
  /** SHA-256, in hex, of the public key's SubjectPublicKeyInfo in DER. */
  readonly keyId: string;
  readonly publicKeyPem: string;
  /** `ssh-ed25519 AAAA…`: how an allowed_signers file names the key. */
  readonly sshPublicKey: string;
  /** An Ed25519 signature (RFC 8032), 64 bytes. */
  sign(bytes: Uint8Array): Buffer;
}

/** The user's configuration folder: `FIREDRILL_CONFIG_HOME`, else `$XDG_CONFIG_HOME/firedrill`, else `~/.config/firedrill`. */
export function configurationFolder(
  environment: { readonly [name: string]: string | undefined } = process.env,
): string {
  const own = environment.FIREDRILL_CONFIG_HOME;
  if (own !== undefined && own !== '') return own;
  const shared = environment.XDG_CONFIG_HOME;
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.config'), 'firedrill');
}

/**
 * The engine's Ed25519 key, made on first use. Rejects with `refused` when others could read the file or change its folder,
 * or when it is no regular file or no Ed25519 key; `unavailable` when it cannot be read or written.
 */
export async function engineSigner(folder = configurationFolder()): Promise<Signer> {
  const file = join(folder, 'engine-key.pem');
  await makeFolder(folder);
  const pem = (await readKey(file)) ?? (await makeKey(folder, file));
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new Failure('refused', `${file} is no private key`, { hint: anew(file), cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Failure(
      'refused',
      `${file} is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ed25519`,
      {
        hint: anew(file),
      },
    );
  }
  return signerOf(key);
}

/** A signer for a private key at hand. */
export function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sshPublicKey: sshFormOf(publicKey),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** RFC 8709: `string "ssh-ed25519"`, `string key`; the raw key is the last 32 bytes of the SPKI (RFC 8410). */
export function sshFormOf(publicKey: KeyObject): string {
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const sized = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return `ssh-ed25519 ${Buffer.concat([sized(Buffer.from('ssh-ed25519')), sized(raw)]).toString('base64')}`;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode } = await stat(folder);
    if ((mode & 0o022) === 0) return;
  } catch (error) {
    throw unwritable(folder, error);
  }
  throw new Failure('refused', `others may change ${folder}, where the engine's key lies`, {
    hint: `Type \`chmod 700 ${folder}\`.`,
  });
}

async function readKey(file: string): Promise<Buffer | null> {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw new Failure('refused', `${file} is a symbolic link`, { hint: anew(file) });
    throw new Failure('unavailable', `${file} cannot be read: ${String(code)}`, { cause: error });
  }
  try {
    const { mode, uid } = await handle.stat();
    const me = process.getuid?.();
    if ((mode & 0o077) !== 0 || (me !== undefined && uid !== me)) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw new Failure(
        'refused',
        `the engine's key ${file} can be read by others (mode ${shown}, owner ${uid})`,
        {
          hint: `Type \`chmod 600 ${file}\`; if somebody may have copied it, remove it instead: a new one is made.`,
        },
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Two engines may do this at once: the first link wins, and both use that key. */
async function makeKey(folder: string, file: string): Promise<Buffer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${process.pid}.${keyIdOf(createPublicKey(privateKey)).slice(0, 12)}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
    await syncFolder(folder);
  } catch (error) {
    throw unwritable(file, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  const pem = await readKey(file);
  if (pem === null) throw new Failure('unavailable', `${file} vanished while it was made`);
  return pem;
}

function anew(file: string): string {
  return `Type \`mv ${file} ${file}.old\`: a new key is made at the next run, and has to be trusted anew.`;
}
