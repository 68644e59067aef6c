import { join } from 'node:path';
import {
  fileProblems,
  listBackups,
  requireKind,
  setContinuity,
  stageSet,
  stageWal,
  type ListedSet,
  type PhysicalManifest,
  type StagedSet,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { LabSeed } from './seed.js';

export interface FoundSeed {
  readonly set: StagedSet<PhysicalManifest>;
  readonly store: string;
  readonly walDirectory: string;
  readonly passedOver: readonly string[];
  /** Of the newest set's cluster when it was backed up, whether or not that set could be used. */
  readonly productionBytes: number;
}

type Candidate = { readonly set: ListedSet<PhysicalManifest>; readonly at: LabSeed['stores'][number] };

/**
 * The newest physical set of these stores whose files are what its signed manifest says and whose log is there, fetched into
 * `scratch` where it does not lie on this machine in the clear. Rejects with `check`, naming what is wrong with each, when there is none.
 */
export async function findSeed(
  seed: LabSeed,
  scratch: string,
  account: ClusterLocation['account'],
  signal?: AbortSignal,
): Promise<FoundSeed> {
  const trusted = seed.trusted();
  const candidates: Candidate[] = [];
  const passedOver: string[] = [];
  for (const at of seed.stores) {
    const { sets, broken } = await listBackups(at.store, trusted);
    for (const listed of sets)
      if (listed.manifest.kind === 'physical' && !candidates.some(({ set }) => set.id === listed.id))
        candidates.push({ set: requireKind(listed, 'physical'), at });
    passedOver.push(...broken.map(({ id, problem }) => `${id}: ${problem}`));
  }
  const ended = ({ set }: Candidate) => set.manifest.times.engineEnded;
  candidates.sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
  for (const candidate of candidates) {
    const found = await tryOne(seed, candidate, scratch, account, signal);
    if (typeof found !== 'string')
      return {
        ...found,
        passedOver: passedOver.filter((one) => one > candidate.set.id),
        productionBytes: sizeNow(candidates, candidate),
      };
    passedOver.push(`${candidate.set.id}: ${found}`);
  }
  const where = seed.stores.map(({ store }) => store.describe).join(', ');
  const why = passedOver.length === 0 ? '' : `: ${passedOver.join('; ')}`;
  throw new Failure('check', `no usable physical backup to seed the lab from in ${where}${why}`, {
    hint: `Take one with \`firedrill backup --environment ${seed.environment}\`, or drill on the sample database.`,
  });
}

/** Of the newest set of the same policy: stores may be shared. */
function sizeNow(newestFirst: readonly Candidate[], { set }: Candidate): number {
  const newest = newestFirst.find((one) => one.set.manifest.source === set.manifest.source)?.set ?? set;
  return newest.manifest.server.bytes;
}

/** What is wrong with it, in words; what cannot be tried at all rejects. */
async function tryOne(
  seed: LabSeed,
  { set, at }: Candidate,
  scratch: string,
  account: ClusterLocation['account'],
  signal?: AbortSignal,
): Promise<Omit<FoundSeed, 'passedOver' | 'productionBytes'> | string> {
  const common = {
    store: at.store,
    identities: seed.identities,
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    const staged = await stageSet({ ...common, set, into: join(scratch, set.id) });
    const problems = await fileProblems(staged.directory, staged.files, signal);
    if (problems.length > 0) return problems.join('; ');
    const streamed = await streamedLog(seed, set);
    if (streamed !== null) return { set: staged, store: at.name, walDirectory: streamed };
    const { server, wal } = set.manifest;
    const log = await stageWal({
      ...common,
      ...{ systemIdentifier: server.systemIdentifier, timeline: wal.timeline, fromLsn: wal.startLsn },
      ...{ segmentBytes: server.walSegmentBytes, into: join(scratch, 'wal'), account },
    });
    if (log.gap !== null) return `its log lacks segment ${log.gap}`;
    return { set: staged, store: at.name, walDirectory: log.directory };
  } catch (failure) {
    if (failure instanceof Failure && failure.reason === 'check') return failure.message;
    throw failure;
  }
}

/** The receiver's folder, when the set's log is there and unbroken. */
async function streamedLog(seed: LabSeed, set: ListedSet<PhysicalManifest>): Promise<string | null> {
  const { walDirectory } = seed;
  if (walDirectory === null) return null;
  const wal = await setContinuity(set, walDirectory).catch(() => null);
  return wal?.unbroken === true ? walDirectory : null;
}
