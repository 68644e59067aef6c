import { listBackups } from '../../backup/index.js';
import { findEncryptedFiles, type EntropyReport } from '../../postgres/index.js';
import { args, defineAction } from '../define.js';
import type { Environment } from '../environment.js';
import { originalsOf } from '../immutable/outside.js';

/** So many lines of files help nobody on the screen; the report has all of them. */
const mostLines = 5;

export const filesEntropy = defineAction({
  name: 'files.entropy',
  with: args({
    report: { type: 'boolean', description: 'keep the list of encrypted files as evidence' },
  }),
  outputs: {
    ok: 'whether no file of the cluster is noise',
    encryptedCount: 'how many files of relations are noise where pages should be',
    share: 'those of all that were looked at, in words',
    since: 'when the first of them was written (UTC); null: none is',
    compressedShare: 'size of the samples compressed, as a share of their size; 1 is noise',
    growth: 'how many times as large as the newest backup one taken now would be; null: not known',
    strangers: 'files in the data directory that PostgreSQL did not put there, such as a note',
  },
  effect: 'read',
  destroys: false,
  describe: () =>
    'Read the beginning of every relation file from disk and say which are noise, since when, and what a backup would weigh now',
  preview: () => ['head -c 65536 <each file of base, global, pg_tblspc> | zstd | wc -c'],
  perform: async (given, { environment, signal, output, attach }) => {
    const { dataDirectory } = await environment.postgres.current();
    const found = await findEncryptedFiles(dataDirectory, signal);
    const { encrypted, sampled, since, strangers, compressedShare } = found;
    for (const one of encrypted.slice(0, mostLines))
      output(`noise: ${one.file}, ${one.bitsPerByte} bits a byte, written ${one.modifiedAt}\n`);
    if (encrypted.length > mostLines) output(`and ${encrypted.length - mostLines} more\n`);
    output(
      `${encrypted.length} of ${sampled} files are noise; not PostgreSQL's: ${strangers.join(', ') || 'none'}\n`,
    );
    const evidence =
      given['report'] === true
        ? [await attach('files of relations that are noise', `${JSON.stringify(found, null, 2)}\n`, 'json')]
        : [];
    return {
      outputs: {
        ok: encrypted.length === 0,
        encryptedCount: encrypted.length,
        share: `${encrypted.length} of ${sampled} files`,
        ...{ since, compressedShare, strangers },
        growth: await growthOf(environment, found),
      },
      evidence,
    };
  },
});

/** Against the newest set from before: compressed bytes for each byte of database, then and now. */
async function growthOf(environment: Environment, found: EntropyReport): Promise<number | null> {
  const store =
    environment.immutable === null ? environment.store : await originalsOf(environment, found.since);
  const { sets } = await listBackups(store, environment.trusted);
  const set = sets.find(({ manifest }) => manifest.kind === 'physical' && manifest.compression === 'zstd');
  if (set === undefined || set.manifest.server.bytes === 0) return null;
  const packed = set.manifest.files
    .map((file) => file.plain ?? file)
    .filter((file) => file.name.endsWith('.tar.zst'))
    .reduce((sum, file) => sum + file.bytes, 0);
  const then = packed / set.manifest.server.bytes;
  return then === 0 ? null : Math.round((found.compressedShare / then) * 100) / 100;
}
