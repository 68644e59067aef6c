import { chmod, chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterLocation } from '../../postgres/index.js';
import { archiveErrorCode, shellQuote } from '../wal/restore-command.js';
import { pgbackrestEnvironment, type Repository } from './open-repository.js';

/**
 * The program that PostgreSQL asks for each segment: 0 copied, 1 not in the repository (the end of the archive), 200 error. Called
 * directly, pgBackRest's own error codes would be taken for the end of the archive. And it exits with 0 for a segment whose bytes
 * are not those that were archived: their SHA-1 is part of the file's name in the repository, and compared here.
 */
function archiveScript(calls: { readonly get: string; readonly list: string }, environment: string): string {
  return `#!/bin/sh
# Called by PostgreSQL as: restore-wal NAME TARGET
[ -e ${shellQuote(environment)} ] && . ${shellQuote(environment)}
fail() { echo "restore-wal: $name: $1" >&2; exit ${archiveErrorCode}; }
name=$1
said=$(${calls.get} "$name" "$2" 2>&1)
code=$?
[ $code -eq 1 ] && exit 1
[ $code -eq 0 ] || fail "pgbackrest archive-get exited with $code: $(echo "$said" | head -n 1)"
case $name in *.history | *.partial) exit 0 ;; esac
sum=$(sha1sum < "$2") || fail "cannot read what was copied"
folder=$(echo "$name" | cut -c 1-16)
files=$(${calls.list}/"$folder" --filter="^$name-") || fail "pgbackrest repo-ls exited with $?"
case $files in "$name-\${sum%% *}"*) exit 0 ;; esac
rm -f "$2"
fail "the bytes in the repository are not those that were archived as $(echo "$files" | head -n 1)"
`;
}

/** Options that keep a restored cluster's calls away from the locks, logs and queues of the original. */
export function asideOptions(into: ClusterLocation): string[] {
  return [`--pg1-path=${into.dataDirectory}`, `--lock-path=${join(into.socketDirectory, 'pgbackrest')}`];
}

/** Writes the program, for one archive of the repository (`15-1`), beside the cluster's socket; `command` is the value of `restore_command`, `forget` removes its secrets. */
export async function installArchiveScript(
  repository: Repository,
  archiveId: string,
  into: ClusterLocation,
): Promise<{ readonly command: string; forget(): Promise<void> }> {
  const path = join(into.socketDirectory, 'restore-wal');
  const environment = `${path}.env`;
  const own = async (file: string, mode: number) => {
    await chmod(file, mode);
    if (into.account) await chown(file, into.account.uid, into.account.gid);
  };
  const secrets = Object.entries(pgbackrestEnvironment());
  if (secrets.length > 0) {
    const lines = secrets.map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
    await writeFile(environment, lines.join(''), { mode: 0o600 });
    await own(environment, 0o600);
  }
  const call = (command: string, more: readonly string[]) =>
    [
      repository.pgbackrest.path,
      command,
      ...repository.options,
      `--repo=${repository.repo}`,
      '--log-level-file=off',
      '--log-level-console=warn',
      ...more,
    ]
      .map(shellQuote)
      .join(' ');
  const calls = {
    get: call('archive-get', [...asideOptions(into), '--no-archive-async']),
    list: call('repo-ls', [`archive/${repository.stanza}/${archiveId}`]),
  };
  await writeFile(path, archiveScript(calls, environment), { mode: 0o700 });
  await own(path, 0o700);
  return {
    command: `${shellQuote(path).replaceAll('%', '%%')} "%f" "%p"`,
    forget: async () => rm(environment, { force: true }),
  };
}
