import { access, appendFile, chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  formatSetting,
  makeOwnedDirectory,
  readPassword,
  writePassfile,
  type ClusterLocation,
  type Settings,
} from '../../postgres/index.js';
import { archivesOf, extractArchive } from './archives.js';
import type { StagedSet } from '../set/backup-set.js';
import type { BackupManifest } from '../set/manifest.js';

/**
 * What every restored cluster starts with, whatever it was before: it archives nothing into the old archive, waits for no
 * standby, follows no other server, and starts no worker that would connect outward.
 */
export const quietSettings: Settings = {
  archive_mode: 'off',
  archive_command: '',
  archive_library: '',
  synchronous_standby_names: '',
  primary_conninfo: '',
  primary_slot_name: '',
  max_logical_replication_workers: '0',
  recovery_end_command: '',
  archive_cleanup_command: '',
  dynamic_shared_memory_type: 'mmap',
  ssl: 'off',
};

/** Unpacks the archives, hashing them on the way (`check` when they are not as the manifest says); tablespaces go beside the data directory, never to the paths they came from. */
export async function unpackSet(
  set: Pick<StagedSet, 'directory' | 'files' | 'id'>,
  into: ClusterLocation,
  options: { readonly signal?: AbortSignal | undefined; readonly passed?: (bytes: number) => void } = {},
): Promise<void> {
  const extracting = { ...options, account: into.account };
  await makeOwnedDirectory(into.dataDirectory, into.account);
  const archives = archivesOf(set.files);
  const base = archives.find((file) => file.name.startsWith('base.'));
  if (base === undefined) throw new Failure('check', `backup ${set.id} has no base archive`);
  await extractArchive(set.directory, base, into.dataDirectory, extracting);
  const spaces = archives.filter((file) => file !== base);
  for (const file of spaces) {
    const target = tablespacePath(into, file.name.split('.')[0] ?? '');
    await makeOwnedDirectory(target, into.account);
    await extractArchive(set.directory, file, target, extracting);
  }
  await rewriteTablespaceMap(into);
}

function tablespacePath(into: ClusterLocation, oid: string): string {
  return join(`${into.dataDirectory}.tablespaces`, oid);
}

async function rewriteTablespaceMap(into: ClusterLocation): Promise<void> {
  const path = join(into.dataDirectory, 'tablespace_map');
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  const oids = text.split('\n').flatMap((line) => /^(\d+) /.exec(line)?.[1] ?? []);
  await writeFile(path, oids.map((oid) => `${oid} ${tablespacePath(into, oid)}\n`).join(''));
}

/** Last line wins in postgresql.auto.conf, and it wins over postgresql.conf. */
export async function configureRestored(
  into: ClusterLocation,
  manifest: BackupManifest,
  settings: Settings,
): Promise<void> {
  await ensureConfiguration(into, manifest);
  const lines = Object.entries({ ...quietSettings, ...settings }).filter(([name]) => known(name, manifest));
  const auto = join(into.dataDirectory, 'postgresql.auto.conf');
  const inherited = (await readFile(auto, 'utf8')).split('\n').filter((line) => !isRecoveryLine(line));
  const text = [...inherited, `# set by a restore of ${manifest.id}`, ...lines.map(formatSetting), ''].join(
    '\n',
  );
  await writeFile(auto, text);
  await appendFile(join(into.dataDirectory, 'recovery.signal'), '');
  await own(into, join(into.dataDirectory, 'recovery.signal'));
}

/** The cluster may itself come from a restore: its old target must not meet the new one. */
function isRecoveryLine(line: string): boolean {
  return /^\s*(recovery_target|restore_command|# set by a restore)/.test(line);
}

/** archive_library came with version 15: an older server would not start with it. */
function known(name: string, manifest: BackupManifest): boolean {
  return name !== 'archive_library' || manifest.server.major >= 15;
}

/** Some distributions keep the configuration outside the data directory, where no base backup finds it. */
async function ensureConfiguration(into: ClusterLocation, manifest: BackupManifest): Promise<void> {
  const needed = [
    'max_connections',
    'max_worker_processes',
    'max_wal_senders',
    'max_prepared_transactions',
    'max_locks_per_transaction',
    'shared_preload_libraries',
  ];
  const settings = Object.entries(manifest.server.settings).filter(([name]) => needed.includes(name));
  const files = {
    'postgresql.conf': settings.map(formatSetting).join('\n'),
    'pg_hba.conf': ['local all all', 'host all all 127.0.0.1/32', 'host replication all 127.0.0.1/32']
      .map((line) => `${line} scram-sha-256`)
      .join('\n'),
    'pg_ident.conf': '',
    'postgresql.auto.conf': '',
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(into.dataDirectory, name);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) continue;
    await writeFile(path, `${text}\n`, { mode: 0o600 });
    await own(into, path);
  }
}

async function own(into: ClusterLocation, path: string): Promise<void> {
  await chmod(path, 0o600);
  if (into.account) await chown(path, into.account.uid, into.account.gid);
}

/** Roles come back with their passwords: the same password, at another address. */
export async function preparePassfile(
  into: ClusterLocation,
  from: ClusterLocation | undefined,
): Promise<void> {
  if (into.passfile === null) return;
  const known = await readPassword(into).catch(() => null);
  if (known !== null) return;
  const password = from === undefined ? null : await readPassword({ ...from, user: into.user });
  if (password === null) {
    throw new Failure(
      'refused',
      `no password for ${into.user} at ${into.host}:${into.port} is known, so a restore could not be used`,
      {
        hint: `Put a line for it into ${into.passfile}, or name the cluster whose passfile has it.`,
      },
    );
  }
  await mkdir(join(into.passfile, '..'), { recursive: true });
  await writePassfile(into, password);
}
