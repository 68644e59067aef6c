import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, sha256Hex, type Json } from '../base/index.js';
import type { EvidenceFile, LedgerLine, RunRecord } from '../assessment/index.js';
import { readJournal, type JournalReading } from '../journal/index.js';
import type { Plan } from '../language/index.js';
import type { Entry } from '../run/index.js';
import type { AuditCode } from './audit-result.js';
import { readLedgerBytes, type LedgerReading } from './ledger.js';
import { listEvidence, listFolder, type FolderListing } from './record-files.js';
import { readRegular } from './read-regular.js';
import type { RecordProblem } from './record-problem.js';
import { problemsOfEntries } from './record-problems.js';
import { decodeSurvivors } from './survivors.js';

export interface RecordReading {
  /** Null when there is no plan or no entry that could be believed at all. */
  readonly record: RunRecord | null;
  readonly problems: readonly RecordProblem[];
  readonly journal: JournalReading;
  readonly ledger: LedgerReading;
  readonly listing: FolderListing;
}

/** Larger files are not read into memory: a record of a real run is far below. */
const mostBytes = 512 * 1024 * 1024;

/**
 * Reads a record that nobody vouches for. Everything is checked before it is believed, nothing is thrown for what the files
 * say; a folder that cannot be listed is the only thing that rejects. With problems the record is for looking at, not for figures.
 */
export async function readRecord(folder: string): Promise<RecordReading> {
  const listing = await listFolder(folder);
  const evidence = await listEvidence(folder, listing);
  const problems: RecordProblem[] = [];
  const planBytes = await readSmall(folder, 'plan.json', problems);
  const journalBytes = await readSmall(folder, 'journal.jsonl', problems);
  const hasLedger = listing.files.some(({ file }) => file === 'ledger.jsonl');
  const ledgerBytes = hasLedger ? await readSmall(folder, 'ledger.jsonl', problems) : null;
  const journal = readJournal(journalBytes ?? new Uint8Array());
  const ledger = readLedgerBytes(ledgerBytes ?? new Uint8Array());
  for (const { line, kind, message } of journal.problems) {
    const code = kind === 'torn' ? 'journal-torn' : kind === 'seq' ? 'entry-missing' : 'entry-altered';
    problems.push({ code, file: 'journal.jsonl', seq: line, text: message });
  }
  for (const { line, text } of ledger.problems) {
    problems.push({ code: 'ledger-altered', file: 'ledger.jsonl', seq: line, text });
  }
  const { plan, planSha256 } = readPlan(planBytes, journal.entries, problems);
  problems.push(...problemsOfEntries({ entries: journal.entries, ledger, evidence }));
  const survivors = await readSurvivors(folder, journal.entries, evidence, problems);
  if (plan === null || journal.entries.length === 0)
    return { record: null, problems, journal, ledger, listing };
  const lines: readonly LedgerLine[] = ledger.lines;
  const record = {
    plan,
    planSha256,
    entries: journal.entries,
    head: journal.head,
    ledger: lines,
    survivors,
    evidence,
  };
  return { record, problems, journal, ledger, listing };
}

async function readSmall(folder: string, file: string, problems: RecordProblem[]): Promise<Buffer | null> {
  const bytes = await readRegular(join(folder, file), mostBytes);
  if (bytes !== null) return bytes;
  const status = await lstat(join(folder, file)).catch(() => null);
  const why =
    status === null ? 'is missing' : 'is no regular file of a size that the record of a run can have';
  problems.push({ code: status === null ? 'file-missing' : 'file-unreadable', file, text: `${file} ${why}` });
  return null;
}

function readPlan(
  bytes: Buffer | null,
  entries: readonly Entry[],
  problems: RecordProblem[],
): { readonly plan: Plan | null; readonly planSha256: string } {
  const planSha256 = sha256Hex(bytes ?? '');
  const say = (code: AuditCode, text: string) => problems.push({ code, file: 'plan.json', text });
  const [first] = entries;
  if (first !== undefined && first.type !== 'run-opened') {
    problems.push({
      code: 'entry-altered',
      file: 'journal.jsonl',
      seq: first.seq,
      text: `the first entry is ${first.type}, not run-opened`,
    });
  }
  if (bytes === null) return { plan: null, planSha256 };
  if (first?.type === 'run-opened' && first.data.planSha256 !== planSha256) {
    say('plan-changed', 'plan.json is not the plan whose hash the first entry froze');
  }
  let value: Json = null;
  try {
    value = JSON.parse(bytes.toString()) as Json;
  } catch {
    say('plan-changed', 'plan.json is not JSON');
  }
  if (!isJsonObject(value) || value.apiVersion !== 'firedrill/v1') {
    say('plan-changed', 'plan.json is no plan of firedrill/v1');
    return { plan: null, planSha256 };
  }
  return { plan: value as unknown as Plan, planSha256 };
}

async function readSurvivors(
  folder: string,
  entries: readonly Entry[],
  evidence: readonly EvidenceFile[],
  problems: RecordProblem[],
): Promise<readonly number[] | null> {
  const listed = entries.findLast((entry) => entry.type === 'survivors-listed');
  if (listed?.type !== 'survivors-listed') return null;
  const refs: unknown = listed.data.evidence;
  for (const ref of Array.isArray(refs) ? (refs as Json[]) : []) {
    if (!isJsonObject(ref) || typeof ref.file !== 'string') continue;
    // Only a file that was found in the folder itself is opened: a reference may say anything.
    const found = evidence.find(({ file }) => file === ref.file);
    const bytes = found === undefined ? null : await readRegular(join(folder, found.file), mostBytes);
    const ids = bytes === null ? null : decodeSurvivors(bytes.toString());
    if (ids !== null) return ids;
  }
  problems.push({
    code: 'survivors-unreadable',
    file: 'journal.jsonl',
    seq: listed.seq,
    text: `entry ${listed.seq} lists survivors, but no evidence of it holds the list`,
  });
  return null;
}
