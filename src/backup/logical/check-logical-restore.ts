import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  quoteName,
  requireEmptyTarget,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { clusterWide } from '../expectation/structure.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { preparePassfile } from '../physical/prepare-restored.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import { requireRoom } from '../set/require-room.js';
import { fileProblems } from '../set/set-files.js';
import type { ClusterFacts } from './cluster-facts.js';
import { readFacts } from './read-facts.js';
import { requireLoadable } from './require-loadable.js';

/**
 * Everything that would make the restore of a set into a new cluster fail an hour from now, looked at before anything is made:
 * the place, room, programs, the set's files, and that somebody can use what comes of it. Rejects with `refused`, `unavailable`
 * or, for a damaged set, `check`.
 */
export async function checkLogicalRestore(request: {
  readonly tools: PostgresTools;
  readonly set: StagedSet<LogicalManifest>;
  readonly into: ClusterLocation;
  readonly passwordFrom?: ClusterLocation;
  readonly signal?: AbortSignal;
}): Promise<ClusterFacts> {
  const { tools, set, into, passwordFrom, signal } = request;
  const { server } = set.manifest;
  await requireEmptyTarget(into.dataDirectory);
  await requireEmptyTarget(`${into.dataDirectory}.tablespaces`);
  await requireLoadable(tools);
  if (server.major > tools.major) {
    throw new Failure(
      'refused',
      `backup ${set.id} is of PostgreSQL ${server.major}, the programs here are of ${tools.major}`,
      { hint: 'Install the newer version: a dump can be restored into the same or a newer one only.' },
    );
  }
  // Of some of the databases alone the size is not known.
  const whole = set.manifest.dump.databases.length >= server.databases.length - 1;
  if (whole) await requireRoom(dirname(into.dataDirectory), server.bytes, 'restore');
  const problems = await fileProblems(set.directory, set.files, signal);
  if (problems.length > 0) throw new Failure('check', `backup ${set.id} is damaged: ${problems.join('; ')}`);
  await requireUser(set, into);
  await preparePassfile(into, passwordFrom);
  return readFacts(set);
}

async function requireUser(set: StagedSet<LogicalManifest>, { user }: ClusterLocation): Promise<void> {
  const file = JSON.parse(await readFile(join(set.directory, structureFileName), 'utf8')) as StructureFile;
  const roles = file.databases[clusterWide]?.['roles'] ?? {};
  if (Object.hasOwn(roles, user) || Object.hasOwn(roles, quoteName(user))) return;
  throw new Failure('refused', `backup ${set.id} has no role ${user}, so a restore could not be used`, {
    hint: `Connect as one that it has: ${Object.keys(roles).slice(0, 10).join(', ')}.`,
  });
}
