import { isJsonObject, type Json } from '../base/index.js';
import type { EvidenceFile } from '../assessment/index.js';
import type { Entry } from '../run/index.js';
import type { AuditCode } from './audit-result.js';
import type { LedgerReading } from './ledger.js';
import type { RecordProblem } from './record-problem.js';

const deepestData = 64;

/** Where the journal's entries disagree with each other, with the ledger and with the evidence files. */
export function problemsOfEntries(found: {
  readonly entries: readonly Entry[];
  readonly ledger: LedgerReading;
  readonly evidence: readonly EvidenceFile[];
}): RecordProblem[] {
  const problems: RecordProblem[] = [];
  const bySha = new Map(found.evidence.map((one) => [one.sha256, one]));
  const byFile = new Map(found.evidence.map((one) => [one.file, one]));
  const told = new Set<string>();
  for (const one of found.evidence) {
    const named = nameHash(one.file);
    if (named === one.sha256) continue;
    const other = bySha.get(named ?? '');
    told.add(one.file);
    problems.push({
      code: other === undefined ? 'evidence-changed' : 'evidence-swapped',
      file: one.file,
      text:
        other === undefined
          ? `${one.file} was changed: its bytes have the hash ${one.sha256.slice(0, 12)}…`
          : `${one.file} does not hold its own bytes: those are in ${other.file}`,
    });
  }
  for (const entry of found.entries) {
    const say = (code: AuditCode, file: string, text: string) =>
      problems.push({ code, file, seq: entry.seq, text });
    if (isDeeperThan(entry.data as unknown as Json, deepestData)) {
      say('entry-altered', 'journal.jsonl', `entry ${entry.seq} is nested deeper than any entry can be`);
      continue;
    }
    for (const ref of evidenceRefs(entry.data as unknown as Json)) {
      if (told.has(ref.file)) continue;
      const file = byFile.get(ref.file);
      if (file === undefined) {
        told.add(ref.file);
        say('evidence-missing', ref.file, `${ref.file}, named by entry ${entry.seq}, is missing`);
      } else if (file.sha256 !== ref.sha256 || file.bytes !== ref.bytes) {
        say('evidence-changed', ref.file, `${ref.file} is not what entry ${entry.seq} says it is`);
      }
    }
    const anchor = ledgerAnchor(entry);
    if (anchor !== null && anchor.seq > 0 && found.ledger.hashes[anchor.seq - 1] !== anchor.sha256) {
      const short = found.ledger.hashes.length < anchor.seq;
      say(
        short ? 'ledger-short' : 'ledger-altered',
        'ledger.jsonl',
        short
          ? `the ledger has ${found.ledger.hashes.length} lines where entry ${entry.seq} saw ${anchor.seq}`
          : `ledger line ${anchor.seq} is not the one that entry ${entry.seq} anchored`,
      );
    }
  }
  return problems;
}

function nameHash(file: string): string | null {
  return /^evidence\/([0-9a-f]{64})\.[a-z0-9]{1,8}$/.exec(file)?.[1] ?? null;
}

/** Every reference to an evidence file anywhere inside an entry's data. */
export function evidenceRefs(
  data: Json,
): { file: string; sha256: Json | undefined; bytes: Json | undefined }[] {
  if (Array.isArray(data)) return (data as readonly Json[]).flatMap(evidenceRefs);
  if (!isJsonObject(data)) return [];
  const own =
    typeof data.file === 'string' && data.file.startsWith('evidence/') && data.sha256 !== undefined
      ? [{ file: data.file, sha256: data.sha256, bytes: data.bytes }]
      : [];
  return [...own, ...Object.values(data).flatMap(evidenceRefs)];
}

function ledgerAnchor(entry: Entry): { readonly seq: number; readonly sha256: string } | null {
  switch (entry.type) {
    case 'ledger-anchored':
      return entry.data;
    case 'survivors-listed':
    case 'run-sealed': {
      const ledger: unknown = entry.data.ledger;
      return isJsonObject(ledger) ? (ledger as unknown as { seq: number; sha256: string }) : null;
    }
    default:
      return null;
  }
}

/** Without recursion: the data may be nested as deep as a file is long. */
function isDeeperThan(value: Json, limit: number): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values<Json>(one) : []));
  }
  return false;
}
