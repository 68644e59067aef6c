import { verify } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { canonicalJson, isJsonObject, sha256Hex } from '../../base/index.js';
import type { Store } from '../../store/index.js';
import type { ListedSet } from './backup-set.js';
import { manifestBytes } from './manifest.js';
import type { Signer, TrustedKeys } from './signing.js';
import type { Verification } from '../verify/verification.js';

/** That a set passed, as a key signed it. */
export interface VerificationNote {
  /** When the verification ended, ISO 8601. */
  readonly at: string;
  /** Key id that signed the note. */
  readonly by: string;
  /** By another key than the one that signed the manifest: not the producing host’s own word. */
  readonly countersigned: boolean;
}

/** Notes, signed, beside the manifest that a set passed. Only a full verification whose required tests all passed is noted. */
export async function recordVerification(
  store: Store,
  set: ListedSet,
  verification: Verification,
  signer: Signer,
): Promise<boolean> {
  if (!verification.passed || verification.scope !== 'full') return false;
  const record = {
    set: set.id,
    manifest: fingerprintOf(set),
    at: verification.endedAt,
    tests: verification.tests,
    restoreMs: verification.restoreMs,
  };
  const value = Buffer.from(await signer.sign(Buffer.from(canonicalJson(record)))).toString('base64');
  const key = `${set.id}/verified-${verification.endedAt.replaceAll(':', '')}.json`;
  await store.put(
    key,
    Buffer.from(canonicalJson({ record, signature: { keyId: signer.keyId, value } }), 'utf8'),
  );
  return true;
}

/**
 * When the set last passed, by the notes that a trusted key signed; null: never. Nobody who holds only the producing host's
 * key can have opened an encrypted set, so there only a countersignature counts. `onStranger` hears of each key that signed a note
 * and is not trusted: nobody knows whose it is, so it proves nothing, but a verifier may be missing from the configuration.
 */
export async function lastVerification(
  store: Store,
  set: ListedSet,
  trusted: TrustedKeys,
  signal?: AbortSignal,
  onStranger: (keyId: string) => void = () => undefined,
): Promise<VerificationNote | null> {
  const keys: string[] = [];
  for await (const { key } of store.list(`${set.id}/verified-`, signal)) keys.push(key);
  for (const key of keys.sort().reverse()) {
    const body = await store.get(key, signal === undefined ? {} : { signal });
    const note = readNote(await text(body), set, trusted, onStranger);
    if (note !== null && (note.countersigned || set.manifest.encryption.length === 0)) return note;
  }
  return null;
}

/** A note is about these very files: another set under the same id, whoever signed it, was never looked at. */
function fingerprintOf({ manifest }: ListedSet): string {
  return sha256Hex(manifestBytes(manifest));
}

function readNote(
  written: string,
  set: ListedSet,
  trusted: TrustedKeys,
  onStranger: (keyId: string) => void,
): VerificationNote | null {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    return null;
  }
  if (!isJsonObject(value) || !isJsonObject(value['record']) || !isJsonObject(value['signature']))
    return null;
  const { record, signature } = value;
  const { keyId } = signature;
  const key = typeof keyId === 'string' ? trusted.get(keyId) : undefined;
  const bytes = Buffer.from(canonicalJson(record));
  if (typeof keyId !== 'string' || record['set'] !== set.id) return null;
  if (record['manifest'] !== fingerprintOf(set)) return null;
  if (key === undefined) {
    onStranger(keyId);
    return null;
  }
  if (typeof signature['value'] !== 'string' || typeof record['at'] !== 'string') return null;
  if (!verify(null, bytes, key, Buffer.from(signature['value'], 'base64'))) return null;
  return { at: record['at'], by: keyId, countersigned: keyId !== set.signedBy };
}
