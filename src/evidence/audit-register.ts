import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isRunId } from '../base/index.js';
import type { AuditFinding, Part } from './audit-result.js';
import { readRegular } from './read-regular.js';
import { readRegister } from './register.js';

export interface RegisterAudit extends Part {
  readonly missingRuns: readonly string[];
  /** Whether the register confirms this very seal. */
  readonly anchored: boolean;
}

const mostBytes = 256 * 1024 * 1024;

/** The register against this record, and against the folders beside it: so that no run can vanish. */
export async function auditRegister(
  folder: string,
  given: string | undefined,
  found: {
    readonly runId: string | null;
    readonly hashes: readonly string[];
    readonly statementSha256: string | null;
  },
): Promise<RegisterAudit> {
  const file = given ?? join(dirname(resolve(folder)), 'register.jsonl');
  const bytes = await readRegular(file, mostBytes);
  const findings: AuditFinding[] = [];
  const nothing = { findings, missingRuns: [], anchored: false };
  if (bytes === null) {
    if (given !== undefined) findings.push({ code: 'register-broken', file, text: `${file} cannot be read` });
    return {
      ...nothing,
      notProven: ['that no other run was left out: there is no register beside this record'],
    };
  }
  const { lines, problems } = readRegister(bytes);
  for (const { line, text } of problems) findings.push({ code: 'register-broken', file, seq: line, text });
  const own = lines.filter(({ runId }) => runId === found.runId);
  const notProven: string[] = [];
  // A record that was copied elsewhere, and so does not bear its own name, is not expected in the register there.
  const athome = given !== undefined || basename(resolve(folder)) === found.runId;
  if (own.length === 0 && athome) {
    findings.push({
      code: 'register-lacks-run',
      file,
      text: `the register does not know run ${found.runId ?? 'without a name'}`,
    });
  } else if (own.length === 0) {
    notProven.push('that this run stands in a register: the one beside this folder is about other runs');
  }
  const finished = own.findLast((line) => line.kind === 'run-finished');
  if (finished?.kind === 'run-finished') {
    const { head, entries, statementSha256, seq } = finished;
    const differs = (code: AuditFinding['code'], text: string) => findings.push({ code, file, seq, text });
    if (found.hashes.length < entries) {
      differs('journal-short', `the register saw ${entries} entries; the journal has ${found.hashes.length}`);
    } else if (found.hashes[entries - 1] !== head) {
      differs('register-differs', 'the register saw another journal under this name');
    }
    if (found.statementSha256 !== null && statementSha256 !== found.statementSha256) {
      differs('register-differs', 'the register saw another statement: this one was made later');
    }
  } else if (own.length > 0 && found.statementSha256 !== null) {
    notProven.push('that the register saw this seal: it names the start of the run, and no end');
  }
  const missingRuns = await missingFolders(dirname(file), lines);
  return { findings, notProven, missingRuns, anchored: finished !== undefined && findings.length === 0 };
}

async function missingFolders(
  reports: string,
  lines: readonly { readonly runId: string }[],
): Promise<string[]> {
  const missing: string[] = [];
  const names = new Set(await readdir(reports).catch(() => []));
  for (const runId of new Set(lines.map((line) => line.runId))) {
    if (!isRunId(runId)) missing.push(runId.slice(0, 80));
    else if (!names.has(runId) || !(await lstat(join(reports, runId))).isDirectory()) missing.push(runId);
  }
  return missing;
}
