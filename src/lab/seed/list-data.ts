import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { LabPaths } from '../paths.js';

/** Every file that holds data of a lab, before it is removed. */
export interface DataListing {
  readonly files: number;
  readonly bytes: number;
  /** `<bytes>  <path below the lab's folder>` a line, sorted by path. */
  readonly lines: readonly string[];
}

export async function listData(paths: LabPaths): Promise<DataListing> {
  const found: { readonly path: string; readonly bytes: number }[] = [];
  for (const folder of [paths.clusters, paths.backups, paths.wal, paths.seed, paths.logs])
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name);
      const { size } = await lstat(path);
      found.push({ path: relative(paths.directory, path), bytes: size });
    }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files: found.length,
    bytes: found.reduce((sum, one) => sum + one.bytes, 0),
    lines: found.map(({ path, bytes }) => `${bytes}  ${path}`),
  };
}
