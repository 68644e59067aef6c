import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { canonicalJson, isJsonObject, type Json } from '../base/index.js';
import { keyIdOf, type Signer } from './engine-key.js';

/** https://github.com/secure-systems-lab/dsse: the envelope and its pre-authentication encoding, version 1. */
export const payloadType = 'application/vnd.in-toto+json';

export interface Envelope {
  readonly payload: Buffer;
  readonly signatures: readonly { readonly keyId: string; readonly signature: Buffer }[];
}

/** `DSSEv1 <length> <type> <length> <body>`: what is signed. */
export function preAuthenticationEncoding(payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The envelope as it is written: canonical JSON and a newline. */
export function signEnvelope(payload: Uint8Array, signer: Signer): string {
  const sig = signer.sign(preAuthenticationEncoding(payload)).toString('base64');
  const envelope = {
    payload: Buffer.from(payload).toString('base64'),
    payloadType,
    signatures: [{ keyid: signer.keyId, sig }],
  };
  return `${canonicalJson(envelope)}\n`;
}

/** Reads an envelope; null when it is none, or when its bytes are not exactly what `signEnvelope` would write of it. */
export function readEnvelope(bytes: Buffer): Envelope | null {
  const text = bytes.toString();
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(value) || value.payloadType !== payloadType) return null;
  const { payload, signatures } = value;
  if (typeof payload !== 'string' || !Array.isArray(signatures)) return null;
  const read: { keyId: string; signature: Buffer }[] = [];
  for (const one of signatures as readonly Json[]) {
    if (!isJsonObject(one) || typeof one.keyid !== 'string' || typeof one.sig !== 'string') return null;
    read.push({ keyId: one.keyid, signature: Buffer.from(one.sig, 'base64') });
  }
  const again = {
    payload: Buffer.from(payload, 'base64').toString('base64'),
    payloadType,
    signatures: read.map(({ keyId, signature }) => ({ keyid: keyId, sig: signature.toString('base64') })),
  };
  const canonical = Buffer.from(`${canonicalJson(again)}\n`);
  return canonical.equals(bytes) ? { payload: Buffer.from(payload, 'base64'), signatures: read } : null;
}

/** Whether the envelope carries a good Ed25519 signature by this very key. */
export function isSignedBy(envelope: Envelope, publicKey: KeyObject): boolean {
  const keyId = keyIdOf(publicKey);
  const message = preAuthenticationEncoding(envelope.payload);
  return envelope.signatures.some(
    (one) => one.keyId === keyId && verify(null, message, publicKey, one.signature),
  );
}

/** Reads an Ed25519 public key; null when it is none, or not spelled as the engine spells it. */
export function readPublicKey(pem: Buffer): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    const again = Buffer.from(key.export({ type: 'spki', format: 'pem' }));
    return key.asymmetricKeyType === 'ed25519' && again.equals(pem) ? key : null;
  } catch {
    return null;
  }
}
