import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of the journal, read without any of the program's own code. */
export interface RawEntry {
  readonly seq: number;
  readonly at: string;
  readonly session: string;
  readonly actor: { readonly kind: string; readonly name?: string };
  readonly type: string;
  // What is inside differs by type; a test names what it expects.
  readonly data: { readonly [key: string]: unknown };
}

/** Whole lines only: the last one may be in the middle of being written. */
export function readLines(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

export function readEntries(record: string): RawEntry[] {
  return readLines(join(record, 'journal.jsonl')).map((line) => JSON.parse(line) as RawEntry);
}

export function entriesOf(record: string, type: string, data: Record<string, unknown> = {}): RawEntry[] {
  return readEntries(record).filter((entry) => isAbout(entry, type, data));
}

export function isAbout(entry: RawEntry, type: string, data: Record<string, unknown>): boolean {
  return entry.type === type && Object.entries(data).every(([key, value]) => entry.data[key] === value);
}

/** Folders of the records of a programme, oldest first. */
export function recordsOf(directory: string): string[] {
  const reports = join(directory, 'reports');
  if (!existsSync(reports)) return [];
  return readdirSync(reports, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map((one) => join(reports, one.name))
    .sort();
}

export interface ReportFigures {
  readonly unattended: boolean;
  readonly assessment: {
    readonly outcome: {
      readonly status: string;
      readonly because: string;
      readonly verdict: string;
    };
    readonly measures: {
      readonly recoveryTime: {
        readonly durationMs: { readonly value: number | null; readonly note: string };
        readonly spansSessions: boolean;
      };
      readonly loss: {
        readonly windowMs: { readonly value: number | null };
        readonly acknowledged: number;
        readonly missing: readonly number[];
      };
      readonly phases: readonly { readonly id: string; readonly spansSessions: boolean }[];
    };
    readonly findings: readonly { readonly id: string; readonly class: string }[];
    readonly score: {
      readonly final: number | null;
      readonly band: string;
      readonly caps: readonly { readonly id: string }[];
    };
  };
}

export function readReport(record: string): ReportFigures {
  return JSON.parse(readFileSync(join(record, 'report.json'), 'utf8')) as ReportFigures;
}
