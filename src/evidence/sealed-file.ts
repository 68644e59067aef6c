import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, sha256Hex } from '../base/index.js';
import { readStatement } from './statement.js';

/**
 * The bytes of a file of a sealed record, which must be the very ones its statement names; `audit` tells whether to believe the
 * statement. Rejects with `check` when they are not, or when the record is not sealed.
 */
export async function readSealedFile(folder: string, name: string): Promise<Buffer> {
  const statement = await readFile(join(folder, 'statement.json')).then(readStatement, () => null);
  const subject = statement?.subjects.find(({ file }) => file === name);
  if (subject === undefined)
    throw new Failure('check', `${folder} is not sealed: no statement names its ${name}`);
  const bytes = await readFile(join(folder, name)).catch(() => null);
  if (bytes !== null && sha256Hex(bytes) === subject.sha256) return bytes;
  throw new Failure('check', `${name} in ${folder} is not the one that was sealed`, {
    hint: `Type \`firedrill audit ${folder}\`.`,
  });
}
