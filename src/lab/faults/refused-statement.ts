import { Failure } from '../../base/index.js';
import { connectTo, sqlState, type ClusterLocation } from '../../postgres/index.js';

/** A statement that a client had to give up: the evidence that a disturbance took effect. */
export interface RefusedStatement {
  readonly at: string;
  readonly sqlState: string;
  readonly message: string;
}

const patienceMs = 1000;

/** Tries one statement, and takes it back; null when it was answered within a second. */
export async function tryStatement(location: ClusterLocation, sql: string): Promise<RefusedStatement | null> {
  const session = await connectTo(location, {
    applicationName: 'firedrill fault',
    statementTimeoutMs: patienceMs,
  });
  try {
    await session.query('begin');
    await session.query(sql);
    return null;
  } catch (failure) {
    const state = sqlState(failure);
    if (!(failure instanceof Failure) || state !== '57014') throw failure;
    return { at: new Date().toISOString(), sqlState: state, message: failure.message };
  } finally {
    await session.query('rollback').catch(() => undefined);
    await session.end();
  }
}
