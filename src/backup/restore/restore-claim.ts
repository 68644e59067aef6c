import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { canonicalJson, Failure } from '../../base/index.js';
import { processIdentity } from '../../children/index.js';
import { requireEmptyTarget, type Settings } from '../../postgres/index.js';
import { makeDurableFolder, syncFile, syncFolder } from '../../store/index.js';
import { liftBar, startBar } from './start-bar.js';
import { claimFile, folderIdentity, judgeTarget, readClaim, type ClaimNote } from './judge-target.js';

/** A folder that a restore is being made in, noted beside it before anything lies there. */
export interface RestoreClaim {
  /** To be written into the new cluster before it starts: without them it could be started half made. */
  readonly settings: Settings;
  /** Everything of the set is there: from now on anybody may start it, and the note says that it is whole. */
  whole(): Promise<void>;
  /** The restore has ended. */
  finish(): Promise<void>;
  /** The restore failed, and removed what it made: the note goes, unless something is left that it has to explain. */
  drop(): Promise<void>;
}

/**
 * Notes that a set is being restored into a folder. The note is the first thing there is and the last that goes; nothing is ever
 * removed because of it, it is only told. It means the very folder that was made for it, so that neither a cluster that somebody put
 * there since, nor one that was moved, is taken for half of a restore. Rejects as `judgeTarget` does.
 */
export async function claimTarget(
  directory: string,
  about: { readonly set: string; readonly goesWithIt: readonly string[] },
): Promise<RestoreClaim> {
  await makeDurableFolder(dirname(directory));
  await judgeTarget(directory);
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  const folder = await folderIdentity(directory);
  const note: ClaimNote = {
    ...{ format: 'firedrill-restore-claim-1', set: about.set, goesWithIt: about.goesWithIt, whole: false },
    ...{ folder: folder ?? '', at: new Date().toISOString() },
    ...{ host: hostname(), process: processIdentity(process.pid) },
  };
  try {
    await putNote(directory, note);
  } catch (failure) {
    if (made !== undefined) await rmdir(directory).catch(() => undefined);
    throw failure;
  }
  let isWhole = false;
  return {
    settings: startBar,
    whole: async () => {
      await liftBar(directory).catch((cause: unknown) => {
        throw notLifted(directory, cause);
      });
      isWhole = true;
      if (!(await isOurs(directory, note))) return;
      const next = `${claimFile(directory)}.${process.pid}`;
      await writeNote(next, { ...note, whole: true });
      await rename(next, claimFile(directory));
      await syncFolder(dirname(directory));
    },
    finish: async () => {
      // One that cannot be started yet needs its note.
      if (isWhole) await forget(directory, note);
    },
    drop: async () => {
      if (!(await isOurs(directory, note))) return;
      const isEmpty = await requireEmptyTarget(directory).then(
        () => true,
        () => false,
      );
      if (!isEmpty) return;
      if (made !== undefined) await rmdir(directory).catch(() => undefined);
      await forget(directory, note);
    },
  };
}

function notLifted(directory: string, cause: unknown): Failure {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new Failure(
    'unavailable',
    `what keeps ${directory} from being started could not be removed: ${said}`,
    {
      ...{ hint: 'Remove the line `unix_socket_directories` of firedrill’s from its configuration.', cause },
    },
  );
}

/** Of two that begin together one gets it: the name is linked, never overwritten. */
async function putNote(directory: string, note: ClaimNote): Promise<void> {
  const file = claimFile(directory);
  const mine = `${file}.${randomBytes(4).toString('hex')}`;
  await writeNote(mine, note);
  try {
    await link(mine, file).catch(async (failure: unknown) => {
      if (!(failure instanceof Error) || !('code' in failure) || failure.code !== 'EEXIST') throw failure;
      await moveStale(directory);
      await link(mine, file);
    });
    await syncFolder(dirname(directory));
  } finally {
    await rm(mine, { force: true });
  }
}

/** A note of a restore that left nothing. Looked at again under a name of our own: another one may have taken its place. */
async function moveStale(directory: string): Promise<void> {
  const file = claimFile(directory);
  const judged = await readFile(file, 'utf8').catch(() => '');
  await judgeTarget(directory);
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => judged);
  if (moved !== judged) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function writeNote(file: string, note: ClaimNote): Promise<void> {
  await writeFile(file, canonicalJson({ ...note }), { mode: 0o600 });
  await syncFile(file);
}

/** What was removed while this one went on may have another's note by now. */
async function isOurs(directory: string, note: ClaimNote): Promise<boolean> {
  const found = await readClaim(directory);
  return found !== null && found.folder === note.folder && found.at === note.at;
}

async function forget(directory: string, note: ClaimNote): Promise<void> {
  if (!(await isOurs(directory, note))) return;
  await rm(claimFile(directory), { force: true });
  await syncFolder(dirname(directory));
}
