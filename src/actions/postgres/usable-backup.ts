import {
  commitPromise,
  fileProblems,
  inFolder,
  listBackups,
  manifestBytes,
  newestUsable,
  requireKind,
  setContinuity,
  walReach,
} from '../../backup/index.js';
import { formatSize, sha256Hex } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { outsideArguments } from './outside-source.js';
import { usableOutside } from './usable-outside.js';

export const postgresUsableBackup = defineAction({
  name: 'postgres.usable-backup',
  with: args({
    from: outsideArguments.from,
    before: { type: 'string', format: 'date-time', description: 'only sets complete before this time' },
  }),
  outputs: {
    backup: 'id of the newest usable set',
    takenAt: 'when it was complete (UTC)',
    bytes: 'size of its files',
    place: 'where it lies',
    manifestSha256: 'SHA-256 of its signed manifest, in canonical form',
    encryption: 'recipients it is encrypted for; none: not encrypted',
    verifiedAt: 'when it last passed a verification; null: never',
    reach: 'what a restore of it to the latest would bring back: complete, incomplete or not-known',
    reachSaid: 'the same in words, with the place in the log',
    promised:
      'whether no commit was acknowledged before the stream had it, as the server was set when this set was taken',
    promisedSaid: 'the same in words',
    passedOver: 'newer sets that are not usable, and why',
  },
  effect: 'read',
  destroys: false,
  describe: () =>
    'Find the newest backup that is present, unchanged, readable to its end and followed by unbroken WAL',
  preview: () => [
    'sha256 of every file of <set>, compared with its signed manifest',
    'tar --use-compress-program=zstd -t < <store>/<set>/base.tar.zst',
    'every WAL segment from the start of <set> on',
  ],
  perform: async (given, context) => {
    if (given['from'] === 'immutable') return usableOutside(given, context);
    const { environment, signal, output } = context;
    const chosen = await newestUsable({
      store: environment.store,
      trusted: environment.trusted,
      walDirectory: environment.wal.directory,
      signal,
      ...(typeof given['before'] === 'string' ? { before: given['before'] } : {}),
    });
    const { manifest } = chosen.set;
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    for (const one of chosen.rejected) output(`not usable: ${one.id}: ${one.problem}\n`);
    const reach = await walReach(await environment.postgres.current(), environment.wal.slot);
    output(`a restore to the latest brings back ${reach.said}\n`);
    output(
      `usable: ${chosen.set.id}, ${formatSize(bytes)}, WAL unbroken until ${chosen.wal.completeUntil}\n`,
    );
    const promise = commitPromise(
      manifest.server.settings['synchronous_standby_names'] ?? '',
      environment.wal.slot,
    );
    output(`when it was taken: ${promise.said}\n`);
    return {
      outputs: {
        backup: chosen.set.id,
        takenAt: manifest.times.engineEnded,
        bytes,
        place: environment.store.describe,
        manifestSha256: sha256Hex(manifestBytes(manifest)),
        encryption: manifest.encryption.length === 0 ? 'none' : manifest.encryption.join(', '),
        verifiedAt: chosen.verifiedAt,
        reach: reach.reach,
        reachSaid: reach.said,
        promised: promise.kept,
        promisedSaid: promise.said,
        passedOver: chosen.rejected.map((one) => `${one.id}: ${one.problem}`),
      },
    };
  },
});

/** The set that a later step names must be there still; `latest` names none. */
export const postgresBackupExists = defineAction({
  name: 'postgres.backup-exists',
  with: args({ backup: { type: 'string' } }, ['backup']),
  outputs: { ok: 'whether that set is there, unchanged, and its WAL unbroken' },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `See whether backup ${shown(given['backup'])} is there, unchanged, and its WAL unbroken`,
  preview: () => [
    'sha256 of every file of <set>, compared with its signed manifest',
    'every WAL segment from the start of <set> on',
  ],
  perform: async (given, { environment, signal, output }) => {
    const { store, trusted, wal } = environment;
    // By its own id: a newer set, taken meanwhile, says nothing about this one.
    const id = text(given['backup']);
    const { sets, broken } = await listBackups(store, trusted);
    const set = sets.find((one) => one.id === id);
    if (set === undefined) {
      output(`${id}: ${broken.find((one) => one.id === id)?.problem ?? 'it is not in the store'}\n`);
      return { outputs: { ok: false } };
    }
    const { directory, files } = inFolder(store, set);
    const problems = await fileProblems(directory, files, signal);
    const { unbroken, problem } = await setContinuity(requireKind(set, 'physical'), wal.directory);
    if (!unbroken) problems.push(problem ?? 'its WAL is broken');
    for (const one of problems) output(`${id}: ${one}\n`);
    return { outputs: { ok: problems.length === 0 } };
  },
});
