import type { SamplePart, SampleSize } from './statements.js';

/** The large, append-only table that the read probe scans. Keys and indexes come after the rows: that is faster. */
export function makeBookings(size: SampleSize): SamplePart {
  return {
    title: 'bookings',
    statements: [
      `create type public.booking_status as enum ('requested', 'accepted', 'completed', 'cancelled')`,
      'create sequence public.bookings_id_seq as bigint',
      `create table public.bookings (
        id bigint not null default nextval('public.bookings_id_seq'),
        user_id bigint not null,
        driver_id bigint,
        status public.booking_status not null,
        pickup text not null,
        dropoff text not null,
        fare numeric(10,2) not null check (fare >= 0),
        requested_at timestamptz not null,
        note text)`,
      'alter sequence public.bookings_id_seq owned by public.bookings.id',
      'select setseed(0.42)',
      `insert into public.bookings
        select i, 1 + floor(random() * ${size.users})::bigint, 1 + floor(random() * ${size.drivers})::bigint,
          (array['completed', 'completed', 'completed', 'cancelled'])[1 + floor(random() * 4)::int]::public.booking_status,
          (1 + i % 180) || ' ' || initcap(substr(md5('a' || i % 900), 1, 10)) || ' Street',
          (1 + i % 240) || ' ' || initcap(substr(md5('b' || i % 700), 1, 10)) || ' Avenue',
          round((40 + random() * 460)::numeric, 2),
          timestamptz '2026-01-01 00:00Z' + i * interval '${spacingSeconds(size)} seconds',
          'reference ' || md5('n' || i) || md5('m' || i) || ' gate ' || i % 12
        from generate_series(1, ${size.bookings}) i`,
      `select setval('public.bookings_id_seq', ${size.bookings})`,
      'alter table public.bookings add primary key (id)',
      'alter table public.bookings add foreign key (user_id) references public.users',
      'alter table public.bookings add foreign key (driver_id) references public.drivers',
      'create index bookings_by_user on public.bookings (user_id, requested_at)',
    ],
  };
}

/** Spreads the bookings over the months for which there are partitions of their events, whatever the scale. */
function spacingSeconds(size: SampleSize): number {
  const seconds = (170 * 86_400) / size.bookings;
  return seconds >= 1 ? Math.floor(seconds) : seconds;
}
