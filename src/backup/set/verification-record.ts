import { verify } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, isJsonObject } from '../../base/index.js';
import { syncFile, syncFolder } from '../../store/index.js';
import type { BackupSet } from './backup-set.js';
import type { Signer, TrustedKeys } from './signing.js';
import type { Verification } from '../verify/verification.js';

/** Notes, signed, beside the manifest that a set passed. Only a verification whose required tests all passed is noted. */
export async function recordVerification(
  set: BackupSet,
  verification: Verification,
  signer: Signer,
): Promise<boolean> {
  if (!verification.passed) return false;
  const record = {
    set: set.id,
    at: verification.endedAt,
    tests: verification.tests,
    restoreMs: verification.restoreMs,
  };
  const bytes = Buffer.from(canonicalJson(record));
  const value = Buffer.from(await signer.sign(bytes)).toString('base64');
  const name = join(set.directory, `verified-${verification.endedAt.replaceAll(':', '')}.json`);
  await writeFile(`${name}.partial`, canonicalJson({ record, signature: { keyId: signer.keyId, value } }), {
    mode: 0o400,
    flag: 'wx',
  });
  await syncFile(`${name}.partial`);
  await rename(`${name}.partial`, name);
  await syncFolder(set.directory);
  return true;
}

/** When the set last passed, by the records that a trusted key signed; null: never. */
export async function lastVerification(set: BackupSet, trusted: TrustedKeys): Promise<string | null> {
  const names = (await readdir(set.directory).catch(() => [])).filter((name) =>
    /^verified-.*\.json$/.test(name),
  );
  for (const name of names.sort().reverse()) {
    const at = readRecord(await readFile(join(set.directory, name), 'utf8'), set.id, trusted);
    if (at !== null) return at;
  }
  return null;
}

function readRecord(text: string, id: string, trusted: TrustedKeys): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isJsonObject(value) || !isJsonObject(value['record']) || !isJsonObject(value['signature']))
    return null;
  const { record, signature } = value;
  const { keyId } = signature;
  const key = typeof keyId === 'string' ? trusted.get(keyId) : undefined;
  const bytes = Buffer.from(canonicalJson(record));
  if (key === undefined || typeof signature['value'] !== 'string' || record['set'] !== id) return null;
  if (!verify(null, bytes, key, Buffer.from(signature['value'], 'base64'))) return null;
  return typeof record['at'] === 'string' ? record['at'] : null;
}
