import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Failure } from '../base/index.js';
import { textColumn, type Session } from '../postgres/index.js';

/** Rejects with `refused` when the file, links followed, does not lie inside the folder: nothing else is ever hurt. */
export async function requireInside(path: string, allowedRoot: string): Promise<void> {
  const root = await realpath(allowedRoot);
  const folder = await realpath(dirname(path));
  const real = await realpath(path).catch(() => join(folder, path.slice(path.lastIndexOf(sep) + 1)));
  if (real.startsWith(root + sep)) return;
  throw new Failure('refused', `${path} leads to ${real}, outside ${root}: it is not to be hurt`);
}

/** The same for the server behind a session: its data directory must lie inside the folder. */
export async function requireServerInside(session: Session, allowedRoot: string): Promise<void> {
  const [row] = await session.query(`select current_setting('data_directory') as directory`);
  await requireInside(textColumn(row, 'directory'), allowedRoot);
}
