import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile, chown } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';

export function generatePassword(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Writes a libpq passfile (0600) that fits this location's host, port and user, owned by the server's account. Lines for others
 * that stand in it already stay: other clusters may be reached through it.
 */
export async function writePassfile(location: ClusterLocation, password: string): Promise<void> {
  if (location.passfile === null) return;
  const line = [location.host, String(location.port), '*', location.user, password]
    .map(escapeField)
    .join(':');
  const before = await readFile(location.passfile, 'utf8').catch(() => '');
  const own = splitPassLine(line).slice(0, 4).join('\n');
  const others = before
    .split('\n')
    .filter((one) => one !== '' && splitPassLine(one).slice(0, 4).join('\n') !== own);
  const partial = `${location.passfile}.${randomBytes(4).toString('hex')}.partial`;
  await writeFile(partial, `${[line, ...others].join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  if (location.account) await chown(partial, location.account.uid, location.account.gid);
  await rename(partial, location.passfile);
}

/** The password that libpq would use for this location; null when the passfile has no line for it. */
export async function readPassword(location: ClusterLocation): Promise<string | null> {
  if (location.passfile === null) return null;
  const text = await readFile(location.passfile, 'utf8').catch((cause: unknown) => {
    const path = location.passfile ?? '';
    throw new Failure('unavailable', `cannot read the passfile ${path}`, {
      hint: `Make it for the account that runs firedrill, with \`chmod 600 ${path}\` and a line host:port:database:user:password.`,
      cause,
    });
  });
  for (const line of text.split('\n')) {
    const fields = splitPassLine(line);
    const wanted = [location.host, String(location.port), location.database, location.user];
    if (fields.length < 5 || line.startsWith('#')) continue;
    if (wanted.every((want, at) => fields[at] === '*' || fields[at] === want)) return fields[4] ?? null;
  }
  return null;
}

export function escapeField(field: string): string {
  return field.replace(/[\\:]/g, (character) => `\\${character}`);
}

export function splitPassLine(line: string): string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === ':' && fields.length < 5) fields.push('');
    else if (character === '\\' && at + 1 < line.length)
      fields.push((fields.pop() ?? '') + line.charAt((at += 1)));
    else fields.push((fields.pop() ?? '') + character);
  }
  return fields;
}
