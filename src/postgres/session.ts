import type { Json } from '../base/index.js';

export type Row = { readonly [column: string]: Json };

/** One connection. Values are bound parameters; failures are `Failure`s that carry the SQLSTATE in the message. */
export interface Session {
  /** bigint and numeric come as strings unless they fit a safe integer. */
  query(sql: string, values?: readonly Json[]): Promise<readonly Row[]>;
  /** Runs `work` in one transaction; rolls back when it rejects. */
  transaction<T>(
    work: (session: Session) => Promise<T>,
    options?: { readonly readOnly?: boolean; readonly repeatableRead?: boolean },
  ): Promise<T>;
  end(): Promise<void>;
}
