import type { Session } from '../../postgres/index.js';

/**
 * Books a ride and its payment in one statement, so that one acknowledgement stands for both. Old rows are never changed;
 * over one connection ids only grow. Returns the booking's id.
 */
export async function book(session: Session): Promise<number> {
  const rows = await session.query(bookSql);
  return Number(rows[0]?.['booking_id']);
}

const bookSql = `
  with rider as (
    select id from public.users where id = 1 + floor(random() * (select max(id) from public.users))::bigint
    union all select min(id) from public.users limit 1
  ), booked as (
    insert into public.bookings (user_id, driver_id, status, pickup, dropoff, fare, requested_at, note)
    select rider.id, (select min(id) from public.drivers where active), 'completed',
      'Terminal ' || 1 + floor(random() * 4)::int, 'Harbour Road', round((60 + random() * 300)::numeric, 2),
      clock_timestamp(), 'booked live'
    from rider returning id, fare, requested_at
  )
  insert into public.payments (booking_id, amount, method, paid_at)
  select id, fare, 'card', requested_at from booked returning booking_id`;
