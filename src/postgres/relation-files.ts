import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file that holds relations of a cluster, below its data directory: tables, indexes, their maps, system catalogues. */
export async function relationFiles(dataDirectory: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['base', 'global', 'pg_tblspc']) {
    const entries = await readdir(join(dataDirectory, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries)
      if (entry.isFile() && /^\d+(_fsm|_vm|_init)?(\.\d+)?$/.test(entry.name))
        found.push(join(entry.parentPath, entry.name));
  }
  return found.sort();
}
