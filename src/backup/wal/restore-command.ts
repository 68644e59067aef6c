import { chmod, chown, writeFile } from 'node:fs/promises';
import type { ClusterLocation } from '../../postgres/index.js';

/** More than 125: PostgreSQL gives recovery up instead of taking it for the end of the archive (xlogarchive.c). */
export const archiveErrorCode = 200;

/**
 * The program PostgreSQL asks for each segment: 0 copied, 1 not there (the end of the archive), 200 error.
 * A segment still being received is taken last, and only when the folder surely has no complete one; its name is looked for
 * again afterwards, because the receiver may have completed it in between.
 */
export function restoreScript(walDirectory: string, segmentBytes: number): string {
  return `#!/bin/sh
# Called by PostgreSQL as: restore-wal NAME TARGET
wal=${shellQuote(walDirectory)}
name=$1
target=$2
fail() { echo "restore-wal: $name: $1" >&2; exit ${archiveErrorCode}; }
give() {
  # A segment that was fetched may be read only, and PostgreSQL syncs what it was given.
  cp -- "$1" "$target" && chmod u+w "$target" || fail "cannot copy $1"
  exit 0
}
[ -d "$wal" ] && [ -r "$wal" ] && [ -x "$wal" ] || fail "cannot read the folder $wal"
[ -e "$wal/$name" ] && give "$wal/$name"
case $name in *.history) exit 1 ;; esac
if [ -e "$wal/$name.partial" ]; then
  size=$(wc -c < "$wal/$name.partial") || { [ -e "$wal/$name" ] && give "$wal/$name"; fail "cannot read the partial segment"; }
  [ "$size" -eq ${segmentBytes} ] && cp -- "$wal/$name.partial" "$target" && chmod u+w "$target" && exit 0
  [ -e "$wal/$name" ] && give "$wal/$name"
  [ "$size" -eq ${segmentBytes} ] && fail "cannot copy the partial segment"
fi
[ -e "$wal/$name" ] && give "$wal/$name"
exit 1
`;
}

/** Writes the program beside the cluster's socket and gives the value of \`restore_command\`. */
export async function installRestoreScript(
  path: string,
  walDirectory: string,
  segmentBytes: number,
  account: ClusterLocation['account'],
): Promise<string> {
  await writeFile(path, restoreScript(walDirectory, segmentBytes), { mode: 0o700 });
  await chmod(path, 0o700);
  if (account) await chown(path, account.uid, account.gid);
  // PostgreSQL replaces %f, %p and %r, and %% stands for a percent sign.
  return `${shellQuote(path).replaceAll('%', '%%')} "%f" "%p"`;
}

/** One word for a POSIX shell, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
