import type { StructureSummary } from './structure-shape.js';

/** Rows at or below one key of an append-only table. */
export interface AppendOnlyExpectation {
  readonly table: string;
  readonly column: string;
  /** Highest key that no transaction still open could have written below; null for an empty table. */
  readonly upTo: string | null;
  readonly rows: number;
  readonly hash: string;
}

/** What a restore of the set must contain. */
export interface BackupExpectation {
  /** `partial`: named tables and structure, not every row of every table. */
  readonly kind: 'partial';
  /** Where it comes from, in words for the report. */
  readonly source: string;
  readonly database: string;
  readonly hashMethod: string;
  readonly staticTables: readonly { readonly table: string; readonly rows: number; readonly hash: string }[];
  readonly appendOnly: readonly AppendOnlyExpectation[];
  /** Tables the policy names that could not be covered, and why. */
  readonly uncovered: readonly { readonly table: string; readonly why: string }[];
  readonly durationMs: number;
  /** Per database (and `*` for what belongs to the cluster): kinds of objects with count and hash. */
  readonly structure: StructureSummary;
  /** False when it changed under the eyes of the reader three times in a row. */
  readonly structureExact: boolean;
}
