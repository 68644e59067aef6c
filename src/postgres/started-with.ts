import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The arguments that the server of a data directory was last started with, as `pg_ctl restart` uses them: where its configuration
 * lies, at which address it listens. Undefined when nothing is known of it. Source: postmaster.opts, one line, arguments quoted.
 */
export async function startedWith(dataDirectory: string): Promise<readonly string[] | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.opts'), 'utf8').catch(() => null);
  const from = text?.indexOf(' "') ?? -1;
  if (text === null || from < 0) return undefined;
  // The server does not escape quotes in an argument, and pg_ctl does not either.
  return text
    .slice(from)
    .trimEnd()
    .replace(/^ "|"$/g, '')
    .split('" "');
}
