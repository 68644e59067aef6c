import type { Session } from '../../postgres/index.js';

/** Works means: a row can be read and another one written, now. Rejects when either fails. */
export async function checkDatabase(session: Session): Promise<void> {
  await session.query('select id, status from public.bookings order by id desc limit 1');
  await session.query(
    `insert into public.application_status values ('application', clock_timestamp())
     on conflict (host) do update set seen_at = excluded.seen_at`,
  );
}
