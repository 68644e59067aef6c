import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isJsonObject } from '../../base/index.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import { clusterFactsName, type ClusterFacts, type DatabaseFacts } from './cluster-facts.js';

/** From the set's own file, whose hash was compared with the manifest. Rejects with `check` when it is none. */
export async function readFacts(set: StagedSet<LogicalManifest>): Promise<ClusterFacts> {
  const value: unknown = JSON.parse(await readFile(join(set.directory, clusterFactsName), 'utf8'));
  if (isJsonObject(value) && isJsonObject(value['template']) && Array.isArray(value['databases']))
    return value as unknown as ClusterFacts;
  throw new Failure('check', `${clusterFactsName} of backup ${set.id} does not describe a cluster`);
}

/** Rejects with `invalid`, naming those there are, when the set has no such database. */
export function factsOf(
  set: StagedSet<LogicalManifest>,
  facts: ClusterFacts,
  database: string,
): DatabaseFacts {
  const found = facts.databases.find(({ name }) => name === database);
  if (found !== undefined) return found;
  const names = facts.databases.map(({ name }) => name).join(', ');
  throw new Failure('invalid', `backup ${set.id} has no database ${database}`, { hint: `It has ${names}.` });
}
