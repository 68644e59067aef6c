import { takeBackup } from '../../backup/index.js';
import { formatSize } from '../../base/index.js';
import { args, defineAction } from '../define.js';

export const postgresBackup = defineAction({
  name: 'postgres.backup',
  with: args(),
  outputs: {
    backup: 'id of the backup set',
    bytes: 'size of its files',
    tookMs: 'how long it took, in milliseconds',
  },
  effect: 'once',
  destroys: false,
  describe: () => 'Take a base backup of the cluster that clients reach, with a signed manifest',
  preview: () => [
    'pg_basebackup -D <store>/<set> -Ft -X none --checkpoint=fast --compress=server-zstd:1 --label <set>',
  ],
  perform: async (_given, { environment, signal, output }) => {
    const { manifest } = await takeBackup({
      kind: 'physical',
      source: environment.name,
      tools: environment.tools,
      location: await environment.postgres.current(),
      store: environment.store,
      policy: environment.policy,
      walDirectory: environment.wal.directory,
      signer: environment.signer,
      signal,
      output,
    });
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    output(`backup ${manifest.id}: ${formatSize(bytes)} in ${manifest.times.totalMs} ms\n`);
    return { outputs: { backup: manifest.id, bytes, tookMs: manifest.times.totalMs } };
  },
});
