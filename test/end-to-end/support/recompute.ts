import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Recovery time and data loss, worked out once more from the files of a record alone: journal, ledger and the list of survivors.
 * It shares no line with the program, so a mistake of the program's is not repeated here.
 */
export function recompute(record: string): {
  readonly recoveryMs: number;
  readonly acknowledged: number;
  readonly lost: readonly number[];
  readonly survivors: number;
} {
  const lines = (name: string) => readFileSync(join(record, name), 'utf8').trimEnd().split('\n');
  const journal = lines('journal.jsonl').map((line) => JSON.parse(line) as Line);
  const ledger = lines('ledger.jsonl');
  const point = (name: string) => {
    const marks = journal.filter((line) => line.type === 'clock-marked' && line.data.point === name);
    if (marks.length !== 1) throw new Error(`${marks.length} marks of ${name}`);
    return Date.parse(String(marks[0]!.data.at));
  };
  const listed = journal.findLast((line) => line.type === 'survivors-listed')!.data as unknown as Listed;
  const file = readFileSync(join(record, listed.evidence[0]!.file));
  if (sha256(file) !== listed.evidence[0]!.sha256) throw new Error('the list of survivors is another one');
  if (sha256(ledger[listed.ledger.seq - 1]!) !== listed.ledger.sha256)
    throw new Error('the ledger is another one');
  const ranges = (JSON.parse(file.toString()) as { ranges: [number, number][] }).ranges;
  const survives = (id: number) => ranges.some(([first, last]) => first <= id && id <= last);
  const commits = ledger
    .slice(0, listed.ledger.seq)
    .map((line) => JSON.parse(line) as { kind: string; id: number })
    .filter((line) => line.kind === 'commit')
    .map((line) => line.id);
  return {
    recoveryMs: point('service-verified') - point('disruption'),
    acknowledged: commits.length,
    lost: commits.filter((id) => !survives(id)),
    survivors: commits.filter(survives).length,
  };
}

interface Line {
  readonly type: string;
  readonly data: { readonly [key: string]: unknown };
}

interface Listed {
  readonly ledger: { readonly seq: number; readonly sha256: string };
  readonly evidence: readonly { readonly file: string; readonly sha256: string }[];
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
