import { isJsonObject, type Json } from '../base/index.js';
import { assess, type RunRecord, type Score } from '../assessment/index.js';
import {
  buildReport,
  renderHtml,
  renderJson,
  renderJunit,
  renderMarkdown,
  renderVerifyGuide,
} from '../report/index.js';

export interface Renderings {
  /** Everything derived from a record, by file name; the same record gives the same bytes. */
  readonly files: ReadonlyMap<string, string>;
  readonly score: Score;
}

export function renderRecord(record: RunRecord): Renderings {
  const assessment = assess(record);
  const report = buildReport(record, assessment);
  const files = new Map([
    ['report.json', renderJson(report)],
    ['report.html', renderHtml(report)],
    ['report.md', renderMarkdown(report)],
    ['junit.xml', renderJunit(report)],
    // Without the signer: what a record says about itself follows from its journal and from nothing else.
    ['VERIFY.md', renderVerifyGuide(report)],
  ]);
  return { files, score: assessment.score };
}

/** The score that a sealed report holds; undefined when the file is no report. */
export function sealedScore(report: Uint8Array): Json | undefined {
  try {
    const value = JSON.parse(Buffer.from(report).toString()) as Json;
    const assessment = isJsonObject(value) ? value.assessment : undefined;
    return isJsonObject(assessment) ? assessment.score : undefined;
  } catch {
    return undefined;
  }
}
