import { join } from 'node:path';
import { Failure } from '../base/index.js';
import { hashFile } from './durable-file.js';
import { listFolder } from './record-files.js';
import type { Subject } from './statement.js';

const core = ['plan.json', 'journal.jsonl', 'ledger.jsonl'];
const derived = ['report.json', 'report.html', 'report.md', 'junit.xml', 'VERIFY.md'];

/** Without these a sealed record is not whole. */
export const requiredFiles: readonly string[] = ['plan.json', 'journal.jsonl', ...derived];

/** Whether a file is one that a statement has to list. */
export function isSubject(file: string): boolean {
  return core.includes(file) || derived.includes(file) || /^evidence\/[^/]+$/.test(file);
}

/** Whether a file may stand in a sealed record without being listed: the statement itself and what is made over it. */
export function isBesideStatement(file: string): boolean {
  return file === 'statement.json' || file === 'statement.dsse.json' || /^signatures\/[^/]+$/.test(file);
}

/** Every file that the statement lists, hashed. Rejects with `invalid` when the folder holds anything else. */
export async function listRecord(folder: string): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const { file } of (await listFolder(folder)).files) {
    if (isBesideStatement(file)) continue;
    if (!isSubject(file)) {
      throw new Failure('invalid', `${file} does not belong into the record of a run`, {
        hint: `Move ${join(folder, file)} somewhere else, then seal again with \`firedrill resume\`.`,
      });
    }
    subjects.push({ file, sha256: (await hashFile(join(folder, file))).sha256 });
  }
  return subjects;
}
