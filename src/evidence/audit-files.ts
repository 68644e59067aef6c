import { join } from 'node:path';
import { hashFile } from './durable-file.js';
import type { AuditFinding } from './audit-result.js';
import type { RecordReading } from './read-record.js';
import { isBesideStatement, requiredFiles } from './sealed-files.js';
import type { Statement } from './statement.js';

/** Every file against the statement: missing, changed, not listed, no file at all. Nothing outside the folder is opened. */
export async function auditFiles(
  folder: string,
  reading: RecordReading,
  statement: Statement | null,
): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = reading.listing.strange.map(({ file, what }) => ({
    code: 'not-a-regular-file',
    file,
    text: `${file} is ${what}: nothing of the kind belongs into a record`,
  }));
  if (statement === null) return findings;
  const told = new Set([...reading.problems, ...findings].map(({ file }) => file));
  const there = new Set(reading.listing.files.map(({ file }) => file));
  const listed = new Map(statement.subjects.map(({ file, sha256 }) => [file, sha256]));
  for (const file of new Set([...requiredFiles, ...listed.keys()])) {
    const sha256 = listed.get(file);
    if (!there.has(file)) {
      if (!told.has(file)) findings.push({ code: 'file-missing', file, text: `${file} is missing` });
    } else if (sha256 !== undefined && (await hashFile(join(folder, file))).sha256 !== sha256) {
      findings.push({ code: 'file-changed', file, text: `${file} was changed after it was signed` });
    }
  }
  for (const file of there) {
    if (listed.has(file) || isBesideStatement(file)) continue;
    findings.push({ code: 'unlisted-file', file, text: `${file} is not part of what was signed` });
  }
  return findings;
}
