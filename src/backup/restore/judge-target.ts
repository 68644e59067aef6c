import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Failure, isJsonObject, shellWords } from '../../base/index.js';
import { isAlive, type ProcessIdentity } from '../../children/index.js';
import { findPostmaster, requireEmptyTarget } from '../../postgres/index.js';

/** What is noted beside a folder while a set is restored into it. */
export interface ClaimNote {
  readonly format: 'firedrill-restore-claim-1';
  readonly set: string;
  /** Which folder it means, whatever its name is by now: see `folderIdentity`. */
  readonly folder: string;
  /** What was made beside it. */
  readonly goesWithIt: readonly string[];
  /** ISO 8601. */
  readonly at: string;
  readonly host: string;
  readonly process: ProcessIdentity | null;
  /** Recovery had ended, and only its statistics may be missing. */
  readonly whole: boolean;
}

export const claimFile = (directory: string): string => `${directory}.firedrill-restore.json`;

/** Inode and birth: an inode alone is given to the next folder as soon as this one is gone. Null where there is none. */
export async function folderIdentity(directory: string): Promise<string | null> {
  const found = await stat(directory, { bigint: true }).catch(() => null);
  return found === null ? null : `${found.dev}:${found.ino}:${found.birthtimeNs}`;
}

/**
 * A restore may be made there. Rejects with `unavailable` while another one is at it, with `refused` when the folder is not empty:
 * half of a restore that was killed is told as such, with what to type. Changes nothing.
 */
export async function judgeTarget(directory: string): Promise<void> {
  const note = await readClaim(directory);
  const isMeant = note !== null && note.folder === (await folderIdentity(directory));
  if (!isMeant) return requireEmptyTarget(directory);
  const { process: owner, host, set, at } = note;
  const isHere = host === hostname();
  const who = `process ${owner?.pid ?? 'unknown'}${isHere ? '' : ` on ${host}`}, which began it at ${at}`;
  const ended = isHere ? 'did not end it' : 'has not ended it, and may be at it still';
  if (isHere && owner !== null && isAlive(owner))
    throw new Failure(
      'unavailable',
      `backup ${set} is being restored into ${directory} by process ${owner.pid}`,
      {
        hint: 'Wait until it has ended, or choose another folder for --into.',
      },
    );
  const first = isHere
    ? ''
    : `First make sure that nothing of it runs on ${host} any more: from here that cannot be seen. `;
  await requireEmptyTarget(directory).catch(async (cause: unknown) => {
    if (!(cause instanceof Failure)) throw cause;
    throw note.whole
      ? new Failure(
          'refused',
          `${directory} holds a restore of backup ${set} that is whole, but whose statistics may be missing: ${who}, ${ended}`,
          {
            hint: `${first}To use it, run \`vacuumdb --all --analyze-only\` on it, then \`${shellWords(['rm', claimFile(directory)])}\`. For another restore choose another folder for --into.`,
            cause,
          },
        )
      : new Failure('refused', `${directory} holds half of a restore of backup ${set}: ${who}, ${ended}`, {
          hint: first + (await wayOn(directory, note)),
          cause,
        });
  });
}

async function wayOn(directory: string, note: ClaimNote): Promise<string> {
  const all = [directory, ...note.goesWithIt, claimFile(directory)];
  const there: string[] = [];
  for (const path of all) if ((await stat(path).catch(() => null)) !== null) there.push(path);
  const server = await findPostmaster(directory);
  const stop =
    server === null
      ? ''
      : ` A server runs on it, process ${server.pid}: see that nobody works with it, then stop it with \`${shellWords(['pg_ctl', 'stop', '-D', directory])}\`, as its account.`;
  return `Nothing was changed, and it must not be used.${stop} Remove it with \`${shellWords(['rm', '-r', ...there])}\`, or choose another folder for --into.`;
}

export async function readClaim(directory: string): Promise<ClaimNote | null> {
  try {
    const value: unknown = JSON.parse(await readFile(claimFile(directory), 'utf8'));
    return isJsonObject(value) && value['format'] === 'firedrill-restore-claim-1'
      ? (value as unknown as ClaimNote)
      : null;
  } catch {
    // Cut short or somebody else's: the folder is judged by what lies in it.
    return null;
  }
}
