import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';

/** Makes a folder (0700) that belongs to the cluster's account, and checks that the account can reach it. */
export async function makeOwnedDirectory(
  directory: string,
  account: ClusterLocation['account'],
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  if (!account) return;
  await chown(directory, account.uid, account.gid);
  await requireReachable(directory, account);
}

async function requireReachable(
  directory: string,
  account: NonNullable<ClusterLocation['account']>,
): Promise<void> {
  for (let at = dirname(resolve(directory)); at !== dirname(at); at = dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) !== 0) continue;
    throw new Failure(
      'unavailable',
      `account ${account.name} cannot reach ${directory}: ${at} is closed to it`,
      {
        hint: `Let it pass with \`chmod o+x ${at}\`, or choose another folder.`,
      },
    );
  }
}
