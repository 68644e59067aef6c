import { chmod, chown, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { escapeField, readPassword, splitPassLine } from './passfile.js';

/**
 * Writes to `to` what the libpq passfile `from` will be with a role's new password: in every line of that role, and in one more where
 * none fits the location. Owner and mode are those of `from`. Rejects with `unavailable` when there is none.
 */
export async function rewritePassfile(
  from: string,
  to: string,
  location: ClusterLocation,
  password: string,
): Promise<void> {
  const lines = await linesOf(from);
  const changed = lines.map((line) => {
    const fields = splitPassLine(line);
    return isLineOf(line, location.user) ? lineOf([...fields.slice(0, 4), password]) : line;
  });
  await rm(to, { force: true });
  await writeFile(to, `${changed.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  if ((await readPassword({ ...location, passfile: to })) !== password) {
    const own = lineOf([location.host, String(location.port), '*', location.user, password]);
    await writeFile(to, `${[own, ...changed].join('\n')}\n`);
  }
  const before = await stat(from);
  await chmod(to, before.mode & 0o777);
  if (process.getuid?.() === 0) await chown(to, before.uid, before.gid);
}

/** A passfile (0600) with the password that another one holds for a role, wherever it is used. */
export async function copyForAnywhere(from: string, to: string, role: string): Promise<void> {
  const own = (await linesOf(from)).find((line) => isLineOf(line, role));
  if (own === undefined)
    throw new Failure('unavailable', `the passfile ${from} has no line for ${role}`, {
      hint: `Write one, host:port:database:${role}:password, mode 0600.`,
      retryable: false,
    });
  await rm(to, { force: true });
  await writeFile(to, `${lineOf(['*', '*', '*', role, splitPassLine(own)[4] ?? ''])}\n`, { mode: 0o600 });
}

async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure('unavailable', `cannot read the passfile ${file}`, { cause });
  });
  return text.split('\n').filter((line) => line !== '');
}

function isLineOf(line: string, role: string): boolean {
  const fields = splitPassLine(line);
  return !line.startsWith('#') && fields.length === 5 && fields[3] === role;
}

/** `*` alone is no text to be escaped, and nothing else needs more than libpq’s two characters. */
const lineOf = (fields: readonly string[]) => fields.map(escapeField).join(':');
