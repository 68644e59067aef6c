import type { Session } from '../../postgres/index.js';
import { book } from './bookings.js';
import { checkDatabase } from './health.js';

/** What the application does with its database. */
export interface Work {
  /** Rejects when a row cannot be read or another one not be written, now. */
  readonly check: (session: Session) => Promise<void>;
  /** One write of the load; its id, which only grows. */
  readonly write: (session: Session) => Promise<number>;
}

export const sampleWork: Work = { check: checkDatabase, write: book };

/** On tables that nobody here knows: it reads and writes its own two, and no other. */
export const minimalWork: Work = {
  check: async (session) => {
    await session.query('select max(seen_at) from firedrill.application_status');
    await session.query(
      `insert into firedrill.application_status values ('application', clock_timestamp())
       on conflict (host) do update set seen_at = excluded.seen_at`,
    );
  },
  write: async (session) => {
    const rows = await session.query(
      'insert into firedrill.application_writes (at) values (clock_timestamp()) returning id',
    );
    return Number(rows[0]?.['id']);
  },
};
