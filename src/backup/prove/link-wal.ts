import { chown, copyFile, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOwnedDirectory, type ClusterLocation } from '../../postgres/index.js';

/** A folder that shows the log of another one; only what is to be hurt is copied. */
export async function linkWal(
  from: string,
  to: string,
  account: ClusterLocation['account'],
  hurt: readonly string[],
): Promise<void> {
  await makeOwnedDirectory(to, account);
  for (const name of await readdir(from)) {
    if (!/^[0-9A-F]{24}(\.partial)?$|^[0-9A-F]{8}\.history$/.test(name)) continue;
    if (!hurt.includes(name)) await symlink(join(from, name), join(to, name));
    else {
      await copyFile(join(from, name), join(to, name));
      if (account !== null) await chown(join(to, name), account.uid, account.gid);
    }
  }
}
