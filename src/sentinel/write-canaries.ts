import { sqlState } from '../postgres/index.js';
import type { LedgerWriter } from './ledger-writer.js';
import { sayError, type ObservedStates } from './observed-states.js';
import { repeat } from './pace.js';
import { TrafficMoved, type SwitchedConnection } from './switched-connection.js';

/** After a start, ids go on so far above the greatest in the ledger: those in between may have been sent before a crash. */
export const idGap = 1000;
export const writeTimeoutMs = 1000;

/**
 * Writes one numbered row after another and enters each acknowledged commit in the ledger. An id is spent as soon as its
 * insert is sent: when the outcome is not known it is neither entered nor used again.
 */
export async function writeCanaries(options: {
  readonly connection: SwitchedConnection;
  readonly ledger: LedgerWriter;
  readonly states: ObservedStates;
  readonly intervalMs: number;
  readonly firstId: number;
  readonly session: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { connection, ledger, states } = options;
  let nextId = ledger.greatestId < 0 ? options.firstId : ledger.greatestId + idGap;
  await repeat(options.intervalMs, options.signal, async () => {
    let sent: number | undefined;
    try {
      let startedAt = 0;
      await connection.use(writeTimeoutMs, async (session) => {
        const id = nextId;
        nextId += 1;
        sent = id;
        startedAt = performance.now();
        await session.query(
          'insert into firedrill.canary (id, written_at, session) values ($1, clock_timestamp(), $2)',
          [id, options.session],
        );
      });
      const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
      if (sent !== undefined) ledger.append({ kind: 'commit', id: sent, latencyMs });
      states.see('write', 'ok', `canary ${sent ?? '?'} acknowledged in ${latencyMs} ms`);
    } catch (error) {
      if (error instanceof TrafficMoved) return;
      // The id stands in the table already: the ledger that this one goes on from was older than the table.
      if (sqlState(error) === '23505') nextId += idGap;
      const outcome = sent === undefined ? '' : ` (canary ${sent} not acknowledged)`;
      states.see('write', 'failing', `${sayError(error)}${outcome}`);
    }
  });
}
