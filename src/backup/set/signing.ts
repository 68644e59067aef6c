import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { manifestBytes, type BackupManifest, type SignedManifest } from './manifest.js';

/** Signs with Ed25519, wherever the key lies. */
export interface Signer {
  readonly keyId: string;
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** Public keys that a manifest's signature is accepted from, by key id. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

/** First 16 hex digits of the SHA-256 of the public key's SPKI form. */
export function keyIdOf(key: KeyObject): string {
  const der = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

export function signerFrom(privateKeyPem: string | KeyObject): Signer {
  const key = typeof privateKeyPem === 'string' ? createPrivateKey(privateKeyPem) : privateKeyPem;
  return { keyId: keyIdOf(key), sign: (bytes) => sign(null, bytes, key) };
}

export function trustedKeys(...publicKeys: readonly (string | KeyObject)[]): TrustedKeys {
  const keys = publicKeys.map((one) => (typeof one === 'string' ? createPublicKey(one) : one));
  return new Map(keys.map((key) => [keyIdOf(key), key]));
}

/** A new key pair as PEM texts; who keeps them is the caller's business. */
export function generateSigningKey(): { privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync('ed25519');
  return {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export async function signManifest(manifest: BackupManifest, signer: Signer): Promise<SignedManifest> {
  const value = Buffer.from(await signer.sign(manifestBytes(manifest))).toString('base64');
  return { manifest, signature: { algorithm: 'ed25519', keyId: signer.keyId, value } };
}

/** Null when the signature is good; else what is wrong with it. */
export function signatureProblem(signed: SignedManifest, trusted: TrustedKeys): string | null {
  const { keyId, value } = signed.signature;
  const key = trusted.get(keyId);
  if (key === undefined) return `its manifest is signed by the unknown key ${keyId}`;
  const good = verify(null, manifestBytes(signed.manifest), key, Buffer.from(value, 'base64'));
  return good ? null : `the signature of its manifest by key ${keyId} is wrong`;
}
