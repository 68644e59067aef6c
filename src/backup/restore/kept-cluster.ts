import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson, Failure, isJsonObject, shellWords } from '../../base/index.js';
import { findPostmaster } from '../../postgres/index.js';
import { syncFile, syncFolder } from '../../store/index.js';
import { isThere, spacesOf } from './move-cluster.js';

/** What firedrill knows of a data directory that was replaced: a file beside it, because nobody can be asked about a stopped cluster. */
export interface KeptCluster {
  readonly format: 'firedrill-kept-cluster-1';
  /** Its place while it was in service. */
  readonly dataDirectory: string;
  /** ISO 8601. */
  readonly at: string;
  readonly accepted: boolean;
  /** Why it was replaced. */
  readonly by: 'restore' | 'roll-back';
}

const ending = '.firedrill-kept.json';
const fileOf = (keptAs: string) => `${keptAs}${ending}`;

export async function noteKeptCluster(
  keptAs: string,
  dataDirectory: string,
  { accepted = false, by }: { readonly accepted?: boolean; readonly by?: KeptCluster['by'] } = {},
): Promise<void> {
  const before = await readKeptCluster(keptAs);
  const at = before?.at ?? new Date().toISOString();
  const note: KeptCluster = {
    ...{ format: 'firedrill-kept-cluster-1', dataDirectory, at, accepted },
    by: by ?? before?.by ?? 'restore',
  };
  await writeFile(`${fileOf(keptAs)}.partial`, canonicalJson(note), { mode: 0o600 });
  await syncFile(`${fileOf(keptAs)}.partial`);
  await rename(`${fileOf(keptAs)}.partial`, fileOf(keptAs));
  await syncFolder(dirname(keptAs));
}

/** Null when no swap kept a cluster there. Rejects with `refused`, saying what to type, when its note cannot be read. */
export async function readKeptCluster(keptAs: string): Promise<KeptCluster | null> {
  const text = await readFile(fileOf(keptAs), 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw damagedNote(keptAs, cause instanceof Error ? cause.message : String(cause));
  });
  if (text === null) return null;
  const note = parseNote(text);
  if (typeof note === 'string') throw damagedNote(keptAs, note);
  return note;
}

/** What is wrong with it, in words, where it is no note. */
function parseNote(text: string): KeptCluster | string {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return 'it is no JSON object';
    if (value['format'] !== 'firedrill-kept-cluster-1') return 'its format is not firedrill-kept-cluster-1';
    if (typeof value['dataDirectory'] !== 'string') return 'it names no dataDirectory';
    if (typeof value['at'] !== 'string' || Number.isNaN(Date.parse(value['at'])))
      return 'it says no time at which it was kept';
    if (typeof value['accepted'] !== 'boolean') return 'it does not say whether the restore was accepted';
    return value as unknown as KeptCluster;
  } catch {
    return text === '' ? 'it is empty' : 'it is not JSON';
  }
}

/** The cluster itself is whole whatever happened to its note: the hint is the way to make it known again, as one not yet accepted. */
function damagedNote(keptAs: string, why: string): Failure {
  const replaced = /^(.+)_(?:before|after)_\w+$/.exec(keptAs)?.[1] ?? '<the data directory that it had>';
  const note = canonicalJson({
    ...{ format: 'firedrill-kept-cluster-1', dataDirectory: replaced, accepted: false, by: 'restore' },
    at: new Date().toISOString(),
  });
  return new Failure('refused', `${fileOf(keptAs)}, the note of a kept cluster, cannot be used: ${why}`, {
    hint: `Nothing of ${keptAs} was touched, and no prune removes it. To have it listed again type \`${shellWords(['echo', note])} > ${shellWords([fileOf(keptAs)])}\`.`,
  });
}

/**
 * Folders beside a data directory where clusters are kept that it replaced, each with its note, oldest first. One whose note cannot be
 * read is told to `onDamaged`, and hides none of the others.
 */
export async function keptClusters(
  dataDirectory: string,
  onDamaged: (failure: Failure) => void,
): Promise<{ readonly directory: string; readonly note: KeptCluster }[]> {
  const parent = dirname(dataDirectory);
  const found: { directory: string; note: KeptCluster }[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.endsWith(ending)) continue;
    const directory = join(parent, name.slice(0, -ending.length));
    // A swap that was put right after a kill leaves a note of a cluster that is in its old place again.
    if (!(await isThere(directory))) continue;
    const note = await readKeptCluster(directory).catch((failure: unknown) => {
      if (!(failure instanceof Failure)) throw failure;
      onDamaged(failure);
      return null;
    });
    if (note?.dataDirectory === dataDirectory) found.push({ directory, note });
  }
  return found.sort((a, b) => (a.note.at < b.note.at ? -1 : 1));
}

/** The cluster is in service again: nothing is kept there any more. */
export async function forgetKeptCluster(keptAs: string): Promise<void> {
  await rm(fileOf(keptAs), { force: true });
  await syncFolder(dirname(keptAs));
}

/** Says that the restore that replaced it is good. `typed` must be the kept folder; rejects with `refused` otherwise. */
export async function acceptClusterSwap(keptAs: string, typed: string): Promise<void> {
  const note = await readKeptCluster(keptAs);
  if (note === null) throw new Failure('refused', `${keptAs} is no cluster that a restore replaced`);
  if (typed !== keptAs)
    throw new Failure('refused', `${keptAs} is kept: what was typed is ${typed === '' ? 'nothing' : typed}`, {
      hint: `Type the folder that may go from now on: ${keptAs}.`,
    });
  await noteKeptCluster(keptAs, note.dataDirectory, { accepted: true });
}

/** Removes a kept cluster for good. Rejects with `refused` when it is none, runs, or nothing stands in its place. */
export async function removeKeptCluster(keptAs: string): Promise<void> {
  const note = await readKeptCluster(keptAs);
  if (note === null) throw new Failure('refused', `${keptAs} is no cluster that a restore replaced`);
  if ((await findPostmaster(keptAs)) !== null)
    throw new Failure('refused', `a server is running on ${keptAs}`);
  const inPlace = await stat(note.dataDirectory).catch(() => null);
  if (inPlace === null)
    throw new Failure(
      'refused',
      `${keptAs} is the only cluster there is: nothing stands at ${note.dataDirectory}`,
    );
  for (const path of [keptAs, spacesOf(keptAs), fileOf(keptAs)])
    await rm(path, { recursive: true, force: true });
  await syncFolder(dirname(keptAs));
}
