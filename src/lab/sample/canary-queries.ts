import type { CanaryQuery } from '../../postgres/index.js';

/**
 * What riders and the office ask all day, each with a plan that is known: one row by its key, the last rides of a hundred riders by
 * their index, the pages of one rider's statement by key and index, the takings of the newest payments by key.
 */
export const canaryQueries: readonly CanaryQuery[] = [
  {
    name: 'by-id',
    sql: 'select * from public.bookings where id = (select max(id) / 2 from public.bookings)',
  },
  {
    name: 'by-user',
    sql: `select count(*), sum(last.fare) from (select id from public.users order by id limit 100) rider
      cross join lateral (select b.fare from public.bookings b where b.user_id = rider.id order by b.requested_at desc limit 3) last`,
  },
  {
    name: 'statement',
    sql: `select count(*), sum(page.fare) from generate_series(1, 200) as n
      cross join lateral (select sum(b.fare) as fare from public.bookings b
        where b.user_id = 1 and b.id between n * 50 and n * 50 + 49) page`,
  },
  {
    name: 'revenue',
    sql: `select method, count(*), sum(amount) from public.payments
      where id > (select max(id) - 1000 from public.payments) group by method`,
  },
];
