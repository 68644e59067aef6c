import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { formatSetting, type Settings } from './settings.js';
import { generatePassword, writePassfile } from './passfile.js';
import { makeOwnedDirectory } from './prepare-directories.js';
import { runTool } from './run-tool.js';
import type { PostgresTools } from './tools.js';

/**
 * Makes an empty cluster with checksums, UTF-8 and scram passwords, and its passfile. Rejects with `refused` when the data
 * directory exists and is not empty.
 */
export async function createCluster(
  tools: PostgresTools,
  location: ClusterLocation,
  options: {
    readonly settings?: Settings;
    /** For initdb: encoding and locale; UTF-8 and C unless told. */
    readonly localeArgs?: readonly string[];
    /** For initdb, besides. */
    readonly initdbArgs?: readonly string[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<void> {
  await requireEmptyTarget(location.dataDirectory);
  await makeOwnedDirectory(location.dataDirectory, location.account);
  await makeOwnedDirectory(location.socketDirectory, location.account);
  const password = generatePassword();
  const passwordFile = join(location.socketDirectory, `initdb-${randomBytes(4).toString('hex')}`);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
  try {
    if (location.account) await chown(passwordFile, location.account.uid, location.account.gid);
    const auth = location.passfile === null ? 'trust' : 'scram-sha-256';
    const args = [
      '-k',
      ...(options.localeArgs ?? ['-E', 'UTF8', '--locale=C.UTF-8']),
      '-U',
      location.user,
      '-A',
      auth,
      '--no-instructions',
      ...(options.initdbArgs ?? []),
    ];
    await runTool(tools, 'initdb', [...args, `--pwfile=${passwordFile}`, '-D', location.dataDirectory], {
      location,
      cwd: location.dataDirectory,
      signal: options.signal,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
  if (location.passfile !== null) await mkdir(dirname(location.passfile), { recursive: true });
  await writePassfile(location, password);
  const lines = Object.entries({ ...ownSettings, ...options.settings }).map(formatSetting);
  await appendFile(join(location.dataDirectory, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
}

/** Shared memory inside the data directory, so that removing the cluster removes all of it, even after a kill. */
const ownSettings: Settings = { dynamic_shared_memory_type: 'mmap', timezone: 'UTC', log_timezone: 'UTC' };

/** Rejects with `refused` unless the folder is missing or empty: nothing is ever created over something. */
export async function requireEmptyTarget(directory: string): Promise<void> {
  const found = await readdir(directory).catch((cause: unknown) => {
    const code = errorCode(cause);
    if (code === 'ENOENT') return [];
    throw new Failure('refused', `${directory} cannot be used as a data directory: ${code}`, {
      cause,
    });
  });
  const [first] = found;
  if (first === undefined) return;
  throw new Failure(
    'refused',
    `${directory} is not empty: it holds ${found.length} entries, ${first} among them`,
    {
      hint: 'Choose an empty folder, or move this one aside first.',
    },
  );
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
