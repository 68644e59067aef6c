import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bothOrNeither, canonicalJson } from '../../base/index.js';
import { makeOwnedDirectory, type ClusterLocation } from '../../postgres/index.js';
import { makeDurableFolder, syncFile, syncFolder, type LocalStore } from '../../store/index.js';
import { encryptFiles } from '../encryption/encrypt-files.js';
import { findAge } from '../encryption/age-tool.js';
import { recipientKeys } from '../encryption/recipients.js';
import type { Progress } from '../progress.js';
import { manifestName, type BackupManifest, type SetFile } from './manifest.js';
import { fileNames, sealFiles, syncFolders, takeOver } from './set-files.js';
import { progressMeter, type Meter } from './progress-meter.js';
import { signManifest, type Signer } from './signing.js';
import { claimSet, releaseSet, removeMade, removeUnfinished } from './unfinished-sets.js';
import { freeBytes, whyNotMade } from './why-not-made.js';

export interface MakeSetRequest {
  readonly store: LocalStore;
  readonly kind: BackupManifest['kind'];
  readonly signer: Signer;
  /** Whoever writes the files: the server's account. They are taken over from it at the end. */
  readonly account: ClusterLocation['account'];
  /** The server that is copied, to be named when it fails. */
  readonly location?: Pick<ClusterLocation, 'host' | 'port'>;
  /** age recipients the files are encrypted for; none: not encrypted. */
  readonly recipients?: readonly string[];
  readonly progress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

export interface NewSet {
  readonly id: string;
  /** Empty, and the account's own; what is written here becomes the set. */
  readonly directory: string;
  readonly startedAt: Date;
}

/** What the maker of a set has done once its files are written. */
export interface FilledSet<M extends BackupManifest> {
  /** Files that were hashed while they were written. */
  readonly hashed?: readonly SetFile[];
  /** Done while the files are made durable and hashed: waiting for WAL, say. */
  readonly beside?: (signal: AbortSignal) => Promise<void>;
  /** The manifest, once the files are known. */
  manifest(files: readonly SetFile[], encryption: readonly string[]): Promise<M> | M;
}

/**
 * Makes one backup set. It is written under a name that is never listed, renamed when all its files are durable, and counts
 * from the moment its signed manifest is there. Whatever fails, nothing of it stays; what a killed process left is removed by the
 * next set that is made in the same store.
 */
export async function makeSet<M extends BackupManifest>(
  request: MakeSetRequest,
  fill: (set: NewSet) => Promise<FilledSet<M>>,
): Promise<{ readonly manifest: M; readonly directory: string }> {
  const { store, signer } = request;
  const encrypt = await encryption(request.recipients ?? []);
  const startedAt = new Date();
  const id = `${startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')}-${request.kind}-${randomBytes(3).toString('hex')}`;
  const final = join(store.directory, id);
  const partial = `${final}.partial`;
  await makeDurableFolder(store.directory);
  for (const line of await removeUnfinished(store)) request.output?.(`${line}\n`);
  let left: readonly string[] = [];
  try {
    await claimSet(store, id);
    await makeOwnedDirectory(partial, request.account);
    const filled = await fill({ id, directory: partial, startedAt });
    await takeOver(partial);
    const [files] = await bothOrNeither(
      async (signal) =>
        encrypt(partial, {
          ...{ signal, meter: progressMeter(request.progress, 'encrypting') },
          hashed: filled.hashed ?? [],
        }),
      async (signal) => filled.beside?.(signal),
      request.signal,
    );
    const manifest = await filled.manifest(files, request.recipients ?? []);
    await rename(partial, final);
    const signed = await signManifest(manifest, signer);
    await writeFile(join(final, `${manifestName}.partial`), canonicalJson(signed), {
      mode: 0o400,
      flag: 'wx',
    });
    await syncFile(join(final, `${manifestName}.partial`));
    await rename(join(final, `${manifestName}.partial`), join(final, manifestName));
    await syncFolder(final);
    await syncFolder(store.directory);
    return { manifest, directory: final };
  } catch (failure) {
    const free = await freeBytes(store.directory);
    left = await removeMade([partial, final]);
    throw whyNotMade(failure, {
      ...{ directory: store.directory, freeBytes: free, server: request.location, left },
    });
  } finally {
    // What is left is found by its note: the next set that is made here tries again.
    if (left.length === 0) await releaseSet(store, id);
  }
}

type Seal = (
  directory: string,
  how: { readonly signal: AbortSignal; readonly meter: Meter; readonly hashed: readonly SetFile[] },
) => Promise<SetFile[]>;

/** Looked at before anything is copied: hours later is too late to learn of a wrong key or a missing program. */
async function encryption(recipients: readonly string[]): Promise<Seal> {
  if (recipients.length === 0) return sealFiles;
  recipientKeys(recipients);
  const age = await findAge();
  return async (directory, { signal, meter }) => {
    const files = (await fileNames(directory)).map((name) => ({ name }));
    const sealed = await encryptFiles({ ...{ age, directory, files, recipients, signal }, encrypted: meter });
    await syncFolders(directory);
    return sealed;
  };
}
