import { appendFile, chmod, chown, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  makeOwnedDirectory,
  runTool,
  startCluster,
  type ClusterLocation,
  type Settings,
} from '../../src/postgres/index.js';
import type { Ground } from '../postgres/throwaway-cluster.js';

/** A running hot standby that streams from the primary; removed with the ground. */
export async function makeStandby(
  ground: Ground,
  primary: ClusterLocation,
  name = 'standby',
  settings: Settings = {},
  options: readonly string[] = [],
): Promise<ClusterLocation> {
  const standby = await ground.place(name);
  await makeOwnedDirectory(standby.dataDirectory, standby.account);
  await makeOwnedDirectory(standby.socketDirectory, standby.account);
  await runTool(
    ground.tools,
    'pg_basebackup',
    ['-D', standby.dataDirectory, '-X', 'stream', '-R', '--checkpoint=fast', '-w', ...options],
    { location: primary },
  );
  await copyFile(primary.passfile!, standby.passfile!);
  const line = await readFile(primary.passfile!, 'utf8');
  await appendFile(standby.passfile!, line.replace(`:${primary.port}:`, `:${standby.port}:`));
  await chmod(standby.passfile!, 0o600);
  if (standby.account) await chown(standby.passfile!, standby.account.uid, standby.account.gid);
  const lines = Object.entries({ hot_standby: 'on', ...settings }).map(
    ([key, value]) => `${key} = '${value}'`,
  );
  await appendFile(join(standby.dataDirectory, 'postgresql.auto.conf'), `${lines.join('\n')}\n`);
  await startCluster(ground.tools, standby);
  return standby;
}
