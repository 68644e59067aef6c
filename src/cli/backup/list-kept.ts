import { basename, dirname } from 'node:path';
import {
  halfRestored,
  keptClusters,
  planRemoval,
  readSwapNote,
  safetyCopies,
  unfinishedSwaps,
  type SafetyCopy,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { BackupScope } from './scope.js';

/** Something that a restore replaced or took before, or a swap that was begun and never ended. */
export interface KeptRow {
  /** What `--accept` and `--roll-back` take. */
  readonly name: string;
  readonly kind: SafetyCopy['kind'];
  readonly of: string;
  /** ISO 8601. */
  readonly at: string;
  /** Null: of an unfinished swap, whose old one may still be in its place. */
  readonly bytes: number | null;
  readonly accepted: boolean;
  readonly unfinished: boolean;
  /** Folder of a cluster; null for the others. */
  readonly directory: string | null;
  /** The database whose name it had, for a database. */
  readonly database: string | null;
  /** Set that was taken before. */
  readonly safety: string | null;
  /** Store of a set. */
  readonly store: string | null;
  /** When policy lets it go, in words. */
  readonly goes: string;
}

export interface KeptListing {
  /** Oldest first. */
  readonly rows: readonly KeptRow[];
  /** Where nobody could look. */
  readonly problems: readonly Failure[];
}

/** Everything of an environment that is kept, wherever it is. What does not answer is said, and the rest is listed. */
export async function listKept(scopes: readonly BackupScope[], now: Date): Promise<KeptListing> {
  const [first] = scopes;
  if (first === undefined) return { rows: [], problems: [] };
  const problems: Failure[] = [];
  const look = async <T>(work: () => Promise<readonly T[]>): Promise<readonly T[]> =>
    work().catch((failure: unknown) => {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      problems.push(failure);
      return [];
    });
  const { location } = first;
  const rows: KeptRow[] = [
    ...(await look(async () => unfinishedRows(first))),
    ...(await look(async () =>
      (await unfinishedSwaps(location)).map((note): KeptRow => ({
        ...{ ...plain, kind: 'database', name: note.keepAs, of: `database ${note.database}`, at: note.at },
        ...{ database: note.database, unfinished: true, goes: unfinishedWords },
      })),
    )),
  ];
  const databases = await look(async () => safetyCopies({ location }));
  const folders = first.hasFiles
    ? await keptClusters(location.dataDirectory, (failure) => problems.push(failure))
    : [];
  const clusters = await safetyCopies({ clusters: folders.map((one) => one.directory) });
  const inService = [...databases, ...clusters];
  rows.push(...inService.map((copy) => rowOf(copy, planRemoval(inService, { keepForMs: 0, now }), null)));
  const apart = scopes.filter((one, at) => scopes.findIndex((other) => other.policy === one.policy) === at);
  for (const { store, policy, safetyMs, ...scope } of apart) {
    if (store === null) continue;
    const trusted = scope.trusted();
    const sets = await look(async () => safetyCopies({ store: store.store, trusted, source: policy }));
    const plan = planRemoval(sets, { keepForMs: safetyMs, now });
    rows.push(...sets.map((copy) => rowOf(copy, plan, store.name)));
  }
  return { rows: rows.sort((a, b) => (a.at < b.at ? -1 : 1)), problems };
}

const plain = {
  ...{ bytes: null, accepted: false, unfinished: false, directory: null },
  ...{ database: null, safety: null, store: null },
} as const;
const unfinishedWords = 'never: it was not finished; --roll-back puts the old one in its place';

async function unfinishedRows({ location, hasFiles }: BackupScope): Promise<KeptRow[]> {
  if (!hasFiles) return [];
  const { dataDirectory } = location;
  // Rejects while a live process is at it, which is then said.
  const half = await halfRestored(location);
  const note = await readSwapNote(dataDirectory);
  const common = { ...plain, kind: 'cluster', of: `cluster ${dataDirectory}`, unfinished: true } as const;
  if (note !== null)
    return [
      {
        ...{ ...common, name: basename(note.keepAs), directory: note.keepAs, at: note.at },
        goes: unfinishedWords,
      },
    ];
  return half.map((side) => ({
    ...{ ...common, name: basename(side.dataDirectory), directory: side.dataDirectory },
    at: new Date(0).toISOString(),
    goes: `with the next restore in place: it is half of a restore that was killed, in ${dirname(dataDirectory)}`,
  }));
}

function rowOf(copy: SafetyCopy, plan: ReturnType<typeof planRemoval>, store: string | null): KeptRow {
  const stays = plan.keep.find((one) => one.copy === copy);
  return {
    ...{ ...plain, kind: copy.kind, of: copy.of, at: copy.at, bytes: copy.bytes, accepted: copy.accepted },
    name: copy.kind === 'cluster' ? basename(copy.name) : copy.name,
    directory: copy.kind === 'cluster' ? copy.name : null,
    database: copy.kind === 'database' ? copy.of.replace(/^database /, '') : null,
    safety: copy.safety ?? null,
    store,
    goes:
      stays === undefined
        ? 'with the next `firedrill prune`'
        : copy.kind === 'set'
          ? `not yet: ${stays.why}`
          : 'not before it is accepted',
  };
}
