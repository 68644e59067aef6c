import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Whether `path`, links followed, lies inside `root`, links followed. A path that does not exist lies nowhere. */
export async function liesInside(root: string, path: string): Promise<boolean> {
  const [outer, inner] = await Promise.all([resolved(root), resolved(path)]);
  return outer !== null && inner !== null && inner.startsWith(outer + sep);
}

/**
 * Every way by which the cluster's files lead out of `root`: the data directory itself, its WAL directory, its tablespaces.
 * An absent data directory leads nowhere, if the folder that would hold it is inside.
 */
export async function findWaysOut(root: string, dataDirectory: string): Promise<string[]> {
  const exists = await lstat(dataDirectory).then(
    () => true,
    () => false,
  );
  if (!exists) {
    const folder = join(dataDirectory, '..');
    return (await liesInside(root, folder)) ? [] : [`its folder ${folder} is not inside ${root}`];
  }
  const real = (await resolved(dataDirectory)) ?? 'nowhere';
  if (!(await liesInside(root, dataDirectory)))
    return [`its data directory ${dataDirectory} leads to ${real}, outside ${root}`];
  const tablespaces = await readdir(join(dataDirectory, 'pg_tblspc')).catch(() => []);
  const parts = ['pg_wal', 'base', 'global', ...tablespaces.map((name) => join('pg_tblspc', name))];
  const out: string[] = [];
  for (const part of parts) {
    const path = join(dataDirectory, part);
    const target = await resolved(path);
    if (target !== null && !(await liesInside(root, path)))
      out.push(`its ${part} leads to ${target}, outside ${root}`);
  }
  return out;
}

async function resolved(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}
