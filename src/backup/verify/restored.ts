import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import type { StagedSet } from '../set/backup-set.js';

/** A cluster that was made of a set, and runs. */
export interface Restored {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  readonly set: StagedSet;
  readonly signal?: AbortSignal | undefined;
}

/** What the set recorded of every object. */
export async function readExpected(set: StagedSet): Promise<StructureFile> {
  return JSON.parse(await readFile(join(set.directory, structureFileName), 'utf8')) as StructureFile;
}
