import { holdStore, takeBackup, takeLogicalBackup } from '../../backup/index.js';
import { formatSize } from '../../base/index.js';
import { args, defineAction } from '../define.js';

export const postgresBackup = defineAction({
  name: 'postgres.backup',
  with: args({
    way: {
      type: 'string',
      enum: ['physical', 'logical'],
      description: 'files and log, or a dump of every database; physical when not given',
    },
  }),
  outputs: {
    backup: 'id of the backup set',
    bytes: 'size of its files',
    tookMs: 'how long it took, in milliseconds',
  },
  effect: 'once',
  destroys: false,
  describe: ({ way }) =>
    way === 'logical'
      ? 'Dump every database of the cluster that clients reach, in one snapshot each, with a signed manifest'
      : 'Take a base backup of the cluster that clients reach, with a signed manifest',
  preview: ({ way }) => [
    way === 'logical'
      ? 'pg_dump -Fd -f <store>/<set>/db-<n> -j <jobs> --snapshot=<snapshot>, pg_dumpall --globals-only'
      : 'pg_basebackup -D <store>/<set> -Ft -X none --checkpoint=fast --compress=server-zstd:1 --label <set>',
  ],
  perform: async (given, { environment, signal, output }) => {
    const { tools, store, signer, recipients, name: source } = environment;
    const location = await environment.postgres.current();
    const common = { source, tools, location, store, signer, recipients, signal, output };
    const hold = await holdStore(store, {
      work: 'backup',
      purpose: `backup of ${source}`,
      waitMs: 60_000,
      signal,
    });
    const { manifest } = await (
      given['way'] === 'logical'
        ? takeLogicalBackup(common)
        : takeBackup({
            ...{ ...common, kind: 'physical', policy: environment.policy },
            walDirectory: environment.wal.directory,
          })
    ).finally(() => hold.release());
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    output(`backup ${manifest.id}: ${formatSize(bytes)} in ${manifest.times.totalMs} ms\n`);
    return { outputs: { backup: manifest.id, bytes, tookMs: manifest.times.totalMs } };
  },
});
