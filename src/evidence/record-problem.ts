import type { AuditCode } from './audit-result.js';

/** One thing that speaks against believing a record. `code` is stable; `seq` names a journal entry. */
export interface RecordProblem {
  readonly code: AuditCode;
  readonly file: string;
  readonly seq?: number;
  readonly text: string;
}
