import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  findBackup,
  inFolder,
  quietSettings,
  requireKind,
  reserveSlot,
  restoreBackup,
  type RecoveryUntil,
} from '../../backup/index.js';
import { Failure, formatDuration, isJsonObject, type JsonObject } from '../../base/index.js';
import { clusterState, killCluster, requireEmptyTarget, type ClusterLocation } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName, Environment } from '../environment.js';
import { bringFromOutside, outsideArguments, type RestoreSource } from './outside-source.js';

const untilSchema = {
  oneOf: [
    { const: 'latest' },
    ...['lsn', 'time', 'xid', 'name'].map((key) => ({
      type: 'object',
      properties: { [key]: { type: 'string' } },
      required: [key],
      additionalProperties: false,
    })),
  ],
};

export const postgresRestore = defineAction({
  name: 'postgres.restore',
  with: args(
    {
      backup: { type: 'string', description: 'id of a backup set' },
      until: untilSchema,
      into: { type: 'string', enum: ['replacement', 'side'] },
      ...outsideArguments,
      identity: { type: 'string', description: 'file of the identity that opens an encrypted set' },
    },
    ['backup', 'into'],
  ),
  outputs: {
    backup: 'id of the backup set that was restored',
    recoveredTo: 'position in the log up to which was replayed (LSN)',
    timeline: 'timeline of the new cluster',
    tookMs: 'technical restore time, in milliseconds',
    switchedOff: 'settings that every restore switches off, for people to set back on a new primary',
  },
  effect: 'once',
  destroys: false,
  describe: (given) =>
    `Make a new cluster (${shown(given['into'])}) from backup ${shown(given['backup'])} and replay the log ${spokenUntil(given['until'])}`,
  preview: () => [
    'sha256 of every file of <set>, compared with its signed manifest',
    'tar --use-compress-program=zstd -x -C <new data directory> < <store>/<set>/base.tar.zst',
    'postgres -D <new data directory> (recovery.signal, restore_command = <script> %f %p, archive_mode = off)',
  ],
  perform: async (given, { environment, signal, output }) => {
    const own = given['from'] === 'immutable' ? null : await ownSource(environment, given);
    const name = text(given['into']) as ClusterName;
    const into = await environment.postgres.locate(name);
    await removeHalfMade(environment, into);
    await environment.postgres.guard('restore into it', into);
    // Before the marker: whatever stands there now is not ours to remove later.
    await requireNothing(into);
    const source = own ?? (await bringFromOutside(environment, given, into, { signal, output }));
    await writeFile(markerOf(into), JSON.stringify({ backup: source.set.id }), { mode: 0o600 });
    const { set, walDirectory } = source;
    const done = await restoreBackup({
      ...{ tools: environment.tools, set, walDirectory, into },
      until: untilOf(given['until']),
      isolate: name === 'side',
      passwordFrom: await environment.postgres.current(),
      signal,
      output,
    })
      .catch(async (failure: unknown) => {
        if (await isNothing(into)) await rm(markerOf(into), { force: true });
        throw failure;
      })
      .finally(() => source.release());
    await environment.postgres.assign(name, into);
    // From the first commit on: a slot made later could no longer have the log in between.
    if (name === 'replacement') await reserveSlot(into, environment.wal.slot);
    await rm(markerOf(into), { force: true });
    output(`restored in ${formatDuration(done.durationMs)}\n`);
    return {
      outputs: {
        backup: set.id,
        recoveredTo: done.recoveredTo,
        timeline: done.timeline,
        tookMs: done.durationMs,
        switchedOff: Object.keys(quietSettings),
      },
    };
  },
});

export const postgresRestoredFrom = defineAction({
  name: 'postgres.restored-from',
  with: args({ backup: { type: 'string' }, cluster: { type: 'string', enum: ['replacement', 'side'] } }, [
    'backup',
    'cluster',
  ]),
  outputs: {
    ok: 'whether that cluster runs, has ended its recovery and came from that backup',
    label: 'label of the backup it came from',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `See whether the ${shown(given['cluster'])} cluster runs and came from backup ${shown(given['backup'])}`,
  preview: () => ['<data directory>/backup_label.old', 'SELECT pg_is_in_recovery()'],
  perform: async (given, { environment }) => {
    const location = await environment.postgres.find(text(given['cluster']) as ClusterName);
    const no = { outputs: { ok: false, label: null } };
    if (location === null || existsSync(markerOf(location)) || (await clusterState(location)) !== 'running')
      return no;
    const label = await labelOf(location);
    const session = await environment.postgres.connect({ location, readOnly: true });
    const [row] = await session
      .query('select pg_is_in_recovery() as recovering')
      .finally(() => session.end());
    return { outputs: { ok: label === given['backup'] && row?.['recovering'] === false, label } };
  },
});

async function ownSource({ store, trusted, wal }: Environment, given: JsonObject): Promise<RestoreSource> {
  const set = requireKind(await findBackup(store, trusted, text(given['backup'])), 'physical');
  return { set: inFolder(store, set), walDirectory: wal.directory, release: () => Promise.resolve() };
}

/** Stands beside the data directory while a restore is under way; what it finds after a crash is half made. */
function markerOf(location: ClusterLocation): string {
  return join(dirname(location.dataDirectory), 'restoring.json');
}

/** Only what an earlier, interrupted restore left behind is ever removed here. */
async function removeHalfMade({ postgres }: Environment, into: ClusterLocation): Promise<void> {
  if (!existsSync(markerOf(into))) return;
  const what = 'remove a half-made restore';
  if ((await postgres.current()).dataDirectory === into.dataDirectory)
    throw new Failure('refused', `refused to ${what}: clients reach the cluster in ${into.dataDirectory}`, {
      hint: `If it is whole, remove ${markerOf(into)} by hand.`,
    });
  await postgres.guard(what, into, { halfMade: true });
  if ((await clusterState(into)) === 'running') await killCluster(into);
  // Once more, as one that is down: now its files are compared with what was recorded.
  await postgres.guard(what, into);
  for (const folder of foldersOf(into)) await rm(folder, { recursive: true, force: true });
}

function foldersOf({ dataDirectory }: ClusterLocation): string[] {
  return [dataDirectory, `${dataDirectory}.tablespaces`];
}

async function requireNothing(into: ClusterLocation): Promise<void> {
  for (const folder of foldersOf(into)) await requireEmptyTarget(folder);
}

async function isNothing(into: ClusterLocation): Promise<boolean> {
  return requireNothing(into).then(
    () => true,
    () => false,
  );
}

/** PostgreSQL keeps the label of the backup a cluster was restored from once its recovery has ended. */
async function labelOf(location: ClusterLocation): Promise<string | null> {
  const label = await readFile(join(location.dataDirectory, 'backup_label.old'), 'utf8').catch(() => '');
  return /^LABEL: (.+)$/m.exec(label)?.[1] ?? null;
}

/** Where a replay stops, for people. */
function spokenUntil(value: unknown): string {
  if (!isJsonObject(value)) return value === undefined || value === 'latest' ? 'to its end' : shown(value);
  const [[key, place] = ['', '']] = Object.entries(value);
  return key === 'xid' ? `to just before transaction ${shown(place)}` : `up to ${key} ${shown(place)}`;
}

function untilOf(value: unknown): RecoveryUntil {
  if (value === undefined || value === 'latest') return 'latest';
  if (isJsonObject(value)) return value as JsonObject & Exclude<RecoveryUntil, 'latest'>;
  throw new Failure('invalid', `until: ${JSON.stringify(value)} is no place to stop`);
}
