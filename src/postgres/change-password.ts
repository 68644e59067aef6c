import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { quoteName } from './quote.js';
import type { Session } from './session.js';

const iterations = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5803; `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`), made here, so that the
 * password itself is in no statement, and in no log that keeps statements. The password must be ASCII: others would need SASLprep.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[\x21-\x7e]+$/.test(password)) throw new TypeError('a generated password is printable ASCII');
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const server = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}

/** Gives a role a new password without telling the server what it is. */
export async function changePassword(session: Session, role: string, password: string): Promise<void> {
  // Base64, digits, `$` and `:` only: nothing in it needs quoting.
  await session.query(`alter role ${quoteName(role)} password '${scramVerifier(password)}'`);
}
