import { join } from 'node:path';
import { canonicalJson, type Json } from '../base/index.js';
import { formulaVersion, type RunRecord } from '../assessment/index.js';
import { rendererVersion } from '../report/index.js';
import type { AuditFinding, AuditResult, Part } from './audit-result.js';
import { readRegular } from './read-regular.js';
import { renderRecord, sealedScore, type Renderings } from './renderings.js';
import { testResult, type Statement } from './statement.js';

const mostBytes = 512 * 1024 * 1024;

/** Whether report and score follow from the journal: computed again from the record and compared, byte by byte where possible. */
export async function auditRenderings(
  folder: string,
  record: RunRecord,
  statement: Statement | null,
): Promise<Part & { readonly renderings: AuditResult['renderings'] }> {
  const { formula, renderer } = record.plan.versions as { formula?: Json; renderer?: Json };
  if (formula !== formulaVersion) {
    const unknown = `whether the score follows from the journal: it was computed by formula version ${spell(formula)}, this is ${formulaVersion}`;
    return { findings: [], notProven: [unknown], renderings: 'not-checked' };
  }
  let again: Renderings;
  try {
    again = renderRecord(record);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `no figures can be computed from the journal: ${why.slice(0, 200)}`;
    return {
      findings: [{ code: 'not-computable', file: 'journal.jsonl', text }],
      notProven: [],
      renderings: 'not-checked',
    };
  }
  const findings = await compareScore(folder, again, statement);
  if (renderer !== rendererVersion) {
    const text = `figures agree, rendering not re-checked: rendered by version ${spell(renderer)}, this is ${rendererVersion}`;
    return findings.length > 0
      ? { findings, notProven: [], renderings: 'differ' }
      : { findings, notProven: [text], renderings: 'figures-agree' };
  }
  for (const [file, text] of again.files) {
    const found = await readRegular(join(folder, file), mostBytes);
    if (found === null || found.equals(Buffer.from(text))) continue;
    findings.push({ code: 'report-differs', file, text: `${file} does not follow from the journal` });
  }
  return { findings, notProven: [], renderings: findings.length > 0 ? 'differ' : 'same-bytes' };
}

async function compareScore(
  folder: string,
  again: Renderings,
  statement: Statement | null,
): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = [];
  const bytes = await readRegular(join(folder, 'report.json'), mostBytes);
  const sealed = bytes === null ? undefined : sealedScore(bytes);
  if (bytes !== null && (sealed === undefined || canonicalJson(sealed) !== canonicalJson(again.score))) {
    findings.push({
      code: 'score-differs',
      file: 'report.json',
      text: 'the score in report.json does not follow from the journal',
    });
  }
  const due = testResult(again.score.band);
  if (statement !== null && statement.result !== due) {
    findings.push({
      code: 'score-differs',
      file: 'statement.json',
      text: `the statement says ${statement.result}; the journal gives ${due}`,
    });
  }
  return findings;
}

function spell(version: Json | undefined): string {
  return typeof version === 'string' ? version.slice(0, 40) : 'unknown';
}
