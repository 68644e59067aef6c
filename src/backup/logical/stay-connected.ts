import type { Session } from '../../postgres/index.js';

/**
 * Keeps a session that does nothing for hours: roles and databases may have limits set for the sake of ordinary clients, and a
 * snapshot is gone with the session that exported it. To be called outside a transaction.
 */
export async function stayConnected(session: Session): Promise<void> {
  await session.query(
    `select set_config(name, '0', false) from pg_settings
      where name in ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout', 'lock_timeout')`,
  );
}

/** The same for PostgreSQL's programs; a database that is read only by default must be filled all the same. */
export const unlimited = {
  PGOPTIONS:
    '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off',
};
