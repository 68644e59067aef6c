import { readFile } from 'node:fs/promises';
import { verify, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../base/index.js';
import { principalOf } from './allowed-signers.js';
import type { AuditFinding, AuditResult } from './audit-result.js';
import { isSignedBy, preAuthenticationEncoding, readEnvelope, readPublicKey, type Envelope } from './dsse.js';
import { keyIdOf, sshFormOf } from './engine-key.js';
import { readRegular } from './read-regular.js';
import { readStatement, type Statement } from './statement.js';

export const keyFile = 'signatures/engine.pub.pem';
const mostBytes = 64 * 1024 * 1024;

export interface StatementAudit {
  readonly statement: Statement | null;
  readonly present: boolean;
  readonly findings: readonly AuditFinding[];
  readonly signer: AuditResult['signer'];
}

/** Statement, envelope and key: whether they are spelled as they are written, agree, and carry a good signature. */
export async function auditStatement(
  folder: string,
  options: { readonly trust: string | undefined; readonly sealedAt: string | null },
): Promise<StatementAudit> {
  const findings: AuditFinding[] = [];
  const statementBytes = await readRegular(join(folder, 'statement.json'), mostBytes);
  const envelopeBytes = await readRegular(join(folder, 'statement.dsse.json'), mostBytes);
  const keyBytes = await readRegular(join(folder, keyFile), mostBytes);
  const present = statementBytes !== null || envelopeBytes !== null;
  const none = { keyId: null, status: 'none', principal: null } as const;

  const statement = statementBytes === null ? null : readStatement(statementBytes);
  const envelope = envelopeBytes === null ? null : readEnvelope(envelopeBytes);
  const key = keyBytes === null ? null : readPublicKey(keyBytes);
  if (statementBytes !== null && statement === null) {
    findings.push({
      code: 'statement-altered',
      file: 'statement.json',
      text: 'statement.json is not as the engine writes a statement',
    });
  }
  if (envelopeBytes !== null && envelope === null) {
    findings.push({
      code: 'envelope-altered',
      file: 'statement.dsse.json',
      text: 'statement.dsse.json is not as the engine writes an envelope',
    });
  }
  if (keyBytes !== null && key === null) {
    findings.push({
      code: 'key-altered',
      file: keyFile,
      text: `${keyFile} is no Ed25519 key as the engine writes one`,
    });
  }
  if (envelopeBytes === null) {
    const text = present
      ? 'sealed, but nobody signed the statement'
      : 'there is no statement: the record is not signed';
    findings.push({ code: 'unsigned', file: 'statement.dsse.json', text });
  } else if (statementBytes === null) {
    findings.push({ code: 'file-missing', file: 'statement.json', text: 'statement.json is missing' });
  } else if (keyBytes === null) {
    findings.push({
      code: 'file-missing',
      file: keyFile,
      text: `${keyFile} is missing: the signature cannot be checked`,
    });
  }
  if (envelope === null) return { statement, present, findings, signer: none };

  const signed = key === null ? null : judgeSignature(envelope, key);
  if (signed !== null) findings.push(...signed);
  if (statementBytes !== null && !envelope.payload.equals(statementBytes)) {
    findings.push({
      code: 'statement-altered',
      file: 'statement.json',
      text: 'statement.json is not what was signed',
    });
  }
  const good = key !== null && signed?.length === 0;
  const signer = good ? await judgeKey(key, options, findings) : none;
  return { statement: good ? readStatement(envelope.payload) : statement, present, findings, signer };
}

/** Tells a changed envelope from a changed key: whichever still fits the signature is the one that was left alone. */
function judgeSignature(envelope: Envelope, key: KeyObject): AuditFinding[] {
  if (isSignedBy(envelope, key)) return [];
  const message = preAuthenticationEncoding(envelope.payload);
  const named = envelope.signatures.some(({ keyId }) => keyId === keyIdOf(key));
  const fits = envelope.signatures.some(({ signature }) => verify(null, message, key, signature));
  if (named || fits) {
    const text = fits
      ? 'statement.dsse.json names another key than the one that signed it'
      : 'the signature in statement.dsse.json is not good';
    return [{ code: 'signature-bad', file: 'statement.dsse.json', text }];
  }
  return [
    { code: 'key-altered', file: keyFile, text: `${keyFile} is not the key that statement.dsse.json names` },
  ];
}

async function judgeKey(
  key: KeyObject,
  options: { readonly trust: string | undefined; readonly sealedAt: string | null },
  findings: AuditFinding[],
): Promise<AuditResult['signer']> {
  const keyId = keyIdOf(key);
  if (options.trust === undefined) return { keyId, status: 'unverified', principal: null };
  const allowed = await readTrust(options.trust);
  const principal = principalOf(allowed, sshFormOf(key), new Date(options.sealedAt ?? Number.NaN));
  if (principal !== null) return { keyId, status: 'trusted', principal };
  findings.push({
    code: 'key-unknown',
    file: 'statement.dsse.json',
    text: `the signature is good, but its key ${keyId.slice(0, 12)}… is not one of ${options.trust}`,
  });
  return { keyId, status: 'unknown-key', principal: null };
}

async function readTrust(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('unavailable', `${file} cannot be read: ${why}`, {
      hint: 'Name a file in the format of allowed_signers, see `man ssh-keygen`: `auditor@example.org ssh-ed25519 AAAA…`.',
      cause: error,
    });
  }
}
