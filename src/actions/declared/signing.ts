import { readFileSync, statSync } from 'node:fs';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { signerFrom, trustedKeys, type Signer, type TrustedKeys } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { notDeclared, type DeclaredSettings } from './settings.js';

/** The key that signs new backups. Throws when there is none, or when others can read it. */
export function declaredSigner(settings: DeclaredSettings): Signer {
  const { signing } = settings.declared;
  if (signing?.keyFile === undefined)
    throw notDeclared(settings, 'key to sign backups with', 'signing.keyFile');
  return signerFrom(privateKey(settings.path(signing.keyFile)));
}

/** The key that countersigns what passed, where this machine is a verifier; else null. Throws when others can read it. */
export function declaredVerifier(settings: DeclaredSettings): Signer | null {
  const file = settings.declared.signing?.verifierKeyFile;
  return file === undefined ? null : signerFrom(privateKey(settings.path(file)));
}

/** Keys whose signatures on backups are believed: none that the configuration does not name. */
export function declaredTrust(settings: DeclaredSettings): TrustedKeys {
  const { signing } = settings.declared;
  const own = [signing?.keyFile, signing?.verifierKeyFile].flatMap((file) =>
    file === undefined ? [] : [createPublicKey(privateKey(settings.path(file)))],
  );
  const others = (signing?.trustFiles ?? []).map((file) => parseKey(settings.path(file), createPublicKey));
  return trustedKeys(...own, ...others);
}

function privateKey(file: string): KeyObject {
  const key = parseKey(file, createPrivateKey);
  if ((statSync(file).mode & 0o077) === 0) return key;
  throw new Failure('refused', `${file} signs and can be read by others`, {
    hint: `Type \`chmod 600 ${file}\`.`,
  });
}

function parseKey(file: string, parse: (text: string) => KeyObject): KeyObject {
  const text = readKey(file);
  try {
    return parse(text);
  } catch (cause) {
    throw new Failure('refused', `${file} holds no key that can be used`, { cause });
  }
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('unavailable', `the key ${file} cannot be read`, { cause });
  }
}
