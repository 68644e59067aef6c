import { shortCode, type JsonObject } from '../base/index.js';
import type { Assessment, RunRecord } from '../assessment/index.js';
import type { Section } from './blocks.js';
import { sectionsOf } from './sections/index.js';
import { timelineOf, type Timeline } from './timeline.js';

/** Version of what this folder writes; frozen into the plan so that an old report can be told from a changed one. */
export const rendererVersion = '3';

export interface JournalLine {
  readonly seq: number;
  readonly at: string;
  readonly session: string;
  readonly actor: JsonObject;
  readonly type: string;
  readonly data: JsonObject;
}

/** The truth of every rendering: `report.json`. Plain data; the same record gives the same bytes. */
export interface Report {
  readonly apiVersion: 'firedrill/report/v1';
  readonly versions: { readonly tool: string; readonly formula: string; readonly renderer: string };
  readonly runId: string;
  readonly title: string;
  readonly mode: 'drill' | 'live';
  readonly unattended: boolean;
  /** SHA-256 of the journal's last line when this was made. */
  readonly head: string;
  /** Its first twelve digits. */
  readonly shortCode: string;
  readonly sections: readonly Section[];
  readonly timeline: Timeline | null;
  readonly assessment: Assessment;
  /** Every entry, so that each figure's link leads somewhere. */
  readonly journal: readonly JournalLine[];
}

export function buildReport(record: RunRecord, assessment: Assessment): Report {
  const { plan } = record;
  return {
    apiVersion: 'firedrill/report/v1',
    versions: { tool: plan.versions.tool, formula: assessment.formulaVersion, renderer: rendererVersion },
    runId: assessment.runId,
    title: plan.drill?.title ?? plan.runbook.title,
    mode: plan.mode,
    unattended: plan.unattended,
    head: record.head,
    shortCode: shortCode(record.head),
    sections: sectionsOf(record, assessment),
    timeline: timelineOf(record, assessment),
    assessment,
    journal: record.entries.map((entry) => ({
      seq: entry.seq,
      at: entry.at,
      session: entry.session,
      actor: { ...entry.actor },
      type: entry.type,
      data: entry.data as unknown as JsonObject,
    })),
  };
}

/** `report.json`: two-space JSON in the order of the fields above, one newline at the end. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
