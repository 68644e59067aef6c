import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Failure } from '../../base/index.js';

/** The programs of one throw-away object store, and the Debian packages that bring them. */
const packageOf = {
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  monmaptool: 'ceph-common',
  ceph: 'ceph-common',
  radosgw: 'radosgw',
  'radosgw-admin': 'radosgw',
} as const;
export type ObjectStoreTool = keyof typeof packageOf;

export interface ObjectStoreTools {
  /** Programs that are not on PATH; empty: an object store can be started here. */
  readonly missing: readonly string[];
  /** A sentence with the command to type; null when nothing is missing. */
  readonly hint: string | null;
  path(tool: ObjectStoreTool): string;
}

/** Looks for the programs on PATH, unless told where. Never rejects: what is missing is said, and `path` throws `unavailable` for it. */
export async function objectStoreTools(folders = usualFolders()): Promise<ObjectStoreTools> {
  const found = new Map<string, string>();
  for (const tool of Object.keys(packageOf)) {
    for (const folder of folders.filter((one) => one !== '')) {
      if (found.has(tool) || !(await executable(join(folder, tool)))) continue;
      found.set(tool, join(folder, tool));
    }
  }
  const missing = (Object.keys(packageOf) as ObjectStoreTool[]).filter((tool) => !found.has(tool));
  const packages = [...new Set(missing.map((tool) => packageOf[tool]))].join(' ');
  const hint =
    missing.length === 0
      ? null
      : `Install them with \`sudo apt-get install -y --no-install-recommends ${packages}\`.`;
  return {
    missing,
    hint,
    path(tool) {
      const path = found.get(tool);
      if (path !== undefined) return path;
      throw new Failure('unavailable', `programs of the object store are missing: ${missing.join(', ')}`, {
        ...(hint === null ? {} : { hint }),
        retryable: false,
      });
    },
  };
}

function usualFolders(): string[] {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
