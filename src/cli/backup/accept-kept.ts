import {
  acceptClusterSwap,
  acceptSafetySet,
  acceptSwap,
  findBackup,
  removeKeptCluster,
} from '../../backup/index.js';
import { Failure, formatSize } from '../../base/index.js';
import { confirmByName } from './confirm.js';
import { keptCommand } from './kept-commands.js';
import type { KeptJob } from './kept-job.js';
import type { Outcome } from './operation.js';
import type { BackupScope } from './scope.js';

/** Says that a restore is good: what it replaced is removed, and the copy that was taken before is left to retention. */
export async function acceptKept(job: KeptJob): Promise<Outcome> {
  const { row, force, work } = job;
  const { name, kind } = row;
  if (row.unfinished)
    throw new Failure(
      'refused',
      `${name} is of a restore that was never finished, so there is nothing to accept`,
      {
        hint: `Put the old one in its place with \`${keptCommand('--roll-back', name, job.scope.environment)}\`.`,
      },
    );
  if (kind !== 'set') await guard(job);
  if (!force) {
    const size = formatSize(row.bytes ?? 0);
    const what =
      kind === 'set' ? `${name} is left to retention` : `${name} (${size}, of ${row.of}) is removed for good`;
    await confirmByName(name, what, { signal: work.signal });
  }
  work.view.report({ stage: `accepting ${name}` });
  const released = await letGo(job);
  return {
    lines: [
      ...(kind === 'set' ? [] : [`accepted: ${name} was removed, ${formatSize(row.bytes ?? 0)}`]),
      ...released.map(
        (id) => `${kind === 'set' ? 'accepted: ' : '  '}safety copy ${id} goes with the next prune`,
      ),
    ],
    data: { accepted: name, kind, removed: kind !== 'set', bytes: row.bytes, released },
    log: `${name} accepted`,
  };
}

async function guard({ scope, row }: KeptJob): Promise<void> {
  await scope.guard(`remove ${row.name}`, { mayBeDown: row.kind === 'cluster' });
}

/** Marked first, removed last: cut short anywhere, the next prune ends it. Gives the sets that retention may have from now on. */
async function letGo(job: KeptJob): Promise<string[]> {
  const { row, scope, scopes } = job;
  if (row.kind === 'set') return release(row.name, scopes);
  if (row.kind === 'cluster') {
    const directory = row.directory ?? '';
    await guard(job);
    await acceptClusterSwap(directory, directory);
    await removeKeptCluster(directory);
    return [];
  }
  const swap = {
    ...{ location: scope.location, kept: row.name, typed: row.name },
    guard: async () => guard(job),
  };
  await acceptSwap({ ...swap, remove: false });
  const released = row.safety === null ? [] : await release(row.safety, scopes);
  await acceptSwap(swap);
  return released;
}

/** In whichever store it lies; one that is gone already is nothing to wait for. */
async function release(id: string, scopes: readonly BackupScope[]): Promise<string[]> {
  for (const scope of scopes) {
    const store = scope.store?.store;
    if (store === undefined) continue;
    const found = await findBackup(store, scope.trusted(), id).catch((failure: unknown) => {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      return null;
    });
    if (found === null) continue;
    await acceptSafetySet(store, found.id);
    return [found.id];
  }
  return [];
}
