import type pg from 'pg';
import { Failure, type Json } from '../base/index.js';
import { queryFailure, sqlState } from './query-failure.js';
import type { Row, Session } from './session.js';

type TransactionOptions = { readonly readOnly?: boolean; readonly repeatableRead?: boolean };

/** A `Session` over a connected driver client. */
export function openSession(client: pg.Client): Session {
  const query = async (sql: string, values?: readonly Json[]): Promise<readonly Row[]> => {
    try {
      const bound = values?.map(bindable);
      const result = await (bound === undefined ? client.query<Row>(sql) : client.query<Row>(sql, bound));
      // Several statements in one text give several results: the last one's rows are the answer.
      const results = result as unknown as pg.QueryResult<Row> | pg.QueryResult<Row>[];
      return Array.isArray(results) ? (results.at(-1)?.rows ?? []) : results.rows;
    } catch (cause) {
      throw queryFailure(cause, 'query failed');
    }
  };
  const session: Session = {
    query,
    transaction: (work, options = {}) => inTransaction(session, work, options),
    end: async () => client.end().catch(() => undefined),
  };
  return session;
}

async function inTransaction<T>(
  session: Session,
  work: (session: Session) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const isolation = options.repeatableRead === true ? ' isolation level repeatable read' : '';
  await session.query(`begin${isolation}${options.readOnly === true ? ' read only' : ''}`);
  let result: T;
  try {
    result = await work(session);
  } catch (failure) {
    await session.query('rollback').catch(() => undefined);
    throw failure;
  }
  await commit(session, options.readOnly === true);
  return result;
}

async function commit(session: Session, readOnly: boolean): Promise<void> {
  try {
    await session.query('commit');
  } catch (failure) {
    if (readOnly || sqlState(failure) !== null) throw failure;
    // The connection broke while the server was committing: it may have done it or not.
    const said = failure instanceof Error ? failure.message : String(failure);
    throw new Failure('unknown-outcome', `no answer to commit: ${said}`, { cause: failure });
  }
}

/** Arrays go as PostgreSQL arrays, other objects as JSON text. */
function bindable(value: Json): unknown {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
