import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import type { BackupManifest } from './manifest.js';
import { stageSet, type StageRequest } from './stage-set.js';

/** What a set recorded of every object, fetched and checked without the rest of it. The folder is removed again. */
export async function stageStructure(request: StageRequest<BackupManifest>): Promise<StructureFile> {
  const { set } = request;
  const files = set.manifest.files.filter((file) => (file.plain ?? file).name === structureFileName);
  if (files.length === 0) throw new Failure('check', `backup ${set.id} recorded no structure`);
  const staged = await stageSet({ ...request, set: { ...set, manifest: { ...set.manifest, files } } });
  try {
    return JSON.parse(await readFile(join(staged.directory, structureFileName), 'utf8')) as StructureFile;
  } finally {
    await staged.release();
  }
}
