import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readinessRunOf, type ReadinessInputs, type ReadinessRun } from '../../assessment/index.js';
import { isRunId } from '../../base/index.js';
import { auditRecord, readRecord, readRegister, type AuditResult } from '../../evidence/index.js';
import { defaultRubric } from '../../language/index.js';
import { reportsFolder } from '../find-run.js';

export type ReadRuns = Pick<ReadinessInputs, 'runs' | 'rejected'>;
type Rejected = ReadinessInputs['rejected'][number];

/**
 * Every record of the programme: audited, and then read anew; what its report says is never believed. One that does not audit, and
 * one that the register names and that is gone, is rejected with the reason.
 */
export async function readRuns(directory: string, trust?: string): Promise<ReadRuns> {
  const reports = reportsFolder(directory);
  const runs = new Map<string, { readonly run: ReadinessRun; readonly head: string }>();
  const rejected: Rejected[] = [];
  for (const name of recordsIn(reports)) {
    const folder = join(reports, name);
    const result = await auditRecord(folder, trust === undefined ? {} : { trust });
    const { record } = result.verdict === 'intact' ? await readRecord(folder) : { record: null };
    if (record === null) {
      rejected.push({ record: name, at: timeOf(name), why: whyNot(result) });
      continue;
    }
    const run = readinessRunOf(record, defaultRubric);
    const known = runs.get(run.runId);
    // A copy says nothing new; another record under the same name says that one of them is made up.
    if (known !== undefined && known.head !== record.head)
      rejected.push({ record: name, at: run.at, why: `another record of run ${run.runId} is there, too` });
    else runs.set(run.runId, { run, head: record.head });
  }
  rejected.push(...missing(reports, new Set([...runs.keys(), ...rejected.map((one) => one.record)])));
  return { runs: [...runs.values()].map((one) => one.run), rejected };
}

/** Folders that hold a run, or held one by their name. */
function recordsIn(reports: string): string[] {
  if (!existsSync(reports)) return [];
  return readdirSync(reports, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map((one) => one.name)
    .filter((name) => isRunId(name) || existsSync(join(reports, name, 'journal.jsonl')))
    .sort();
}

function whyNot({ verdict, findings }: AuditResult): string {
  const words = {
    draft: 'not sealed, or not signed',
    tampered: 'it does not audit',
    untrusted: 'its signer is not trusted',
    intact: 'it holds no run',
  } as const;
  const [first, ...more] = findings;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return first === undefined ? words[verdict] : `${words[verdict]}: ${first.text}${others}`;
}

/** When a run began, by the name of its folder, which the register knows, too; null: nobody knows. What is in it is not believed. */
function timeOf(name: string): string | null {
  const [, day, hours, minutes, seconds] = /^(\d{4}-\d{2}-\d{2})T(\d{2})(\d{2})(\d{2})Z-/.exec(name) ?? [];
  return day === undefined ? null : `${day}T${hours ?? ''}:${minutes ?? ''}:${seconds ?? ''}.000Z`;
}

/** A run cannot vanish: the register knows that it began. */
function missing(reports: string, known: ReadonlySet<string>): Rejected[] {
  const file = join(reports, 'register.jsonl');
  if (!existsSync(file)) return [];
  const { lines, problems } = readRegister(readFileSync(file));
  const ids = [...new Set(lines.map((one) => one.runId))].filter((id) => !known.has(id));
  return [
    ...problems.slice(0, 1).map(({ text }) => ({ record: 'register.jsonl', at: null, why: text })),
    ...ids.map((id) => ({
      record: id,
      at: timeOf(id),
      why: 'the register names it, and its record is gone',
    })),
  ];
}
