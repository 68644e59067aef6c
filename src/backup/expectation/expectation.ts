import type { HashMethod } from '../../postgres/index.js';
import type { StructureSummary } from './structure-shape.js';

/** What one table must hold. */
export interface TableExpectation {
  readonly table: string;
  readonly rows: number;
  /** Order-independent; decimal text. */
  readonly hash: string;
  /** Only the rows up to this key are expected to be as recorded: the table grows. Absent: every row. */
  readonly upTo?: { readonly column: string; readonly value: string };
}

/** What one database must hold. */
export interface DatabaseExpectation {
  readonly tables: readonly TableExpectation[];
  /** Tables whose content is not compared, and why. */
  readonly uncovered: readonly { readonly table: string; readonly why: string }[];
}

/** What a restore of the set must contain. */
export interface BackupExpectation {
  /** `exact`: every row of every table at one moment; `partial`: tables that the policy names, and structure. */
  readonly kind: 'exact' | 'partial';
  /** Where it comes from, in words for the report. */
  readonly source: string;
  readonly hashMethod: HashMethod;
  readonly databases: { readonly [database: string]: DatabaseExpectation };
  readonly durationMs: number;
  /** Per database (and `*` for what belongs to the cluster): kinds of objects with count and hash. */
  readonly structure: StructureSummary;
  /** False when it changed under the eyes of the reader three times in a row. */
  readonly structureExact: boolean;
}

export type ContentExpectation = Omit<BackupExpectation, 'structure' | 'structureExact'>;
