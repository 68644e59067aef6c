import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/**
 * Every way by which a cluster's files are not where its configuration says: a link on the way to the data directory, a WAL
 * directory or tablespace that leads outside it to a path that is not in `allowed`. Where nothing stands, nothing is wrong.
 */
export async function misplacedPaths(dataDirectory: string, allowed: readonly string[]): Promise<string[]> {
  const exists = await lstat(dataDirectory).then(
    () => true,
    () => false,
  );
  if (!exists) return [];
  const real = await resolved(dataDirectory);
  if (real !== dataDirectory)
    return [`its data directory ${dataDirectory} leads to ${real ?? 'nowhere'}; it must be a real path`];
  const wrong: string[] = [];
  for (const part of await partsOf(dataDirectory)) {
    const target = await resolved(join(dataDirectory, part));
    if (target === null || liesIn(target, [dataDirectory, ...allowed])) continue;
    wrong.push(`its ${part} leads to ${target}, which the configuration does not name`);
  }
  return wrong;
}

async function partsOf(dataDirectory: string): Promise<string[]> {
  const spaces = await readdir(join(dataDirectory, 'pg_tblspc')).catch(() => []);
  return ['pg_wal', 'base', 'global', ...spaces.map((name) => join('pg_tblspc', name))];
}

function liesIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(folder + sep));
}

async function resolved(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}
