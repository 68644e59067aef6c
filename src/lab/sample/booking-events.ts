import type { SamplePart } from './statements.js';

const months = ['01', '02', '03', '04', '05', '06'];

/** A table partitioned by month, filled by a trigger on bookings; what is later than the months goes to the default. */
export const bookingEvents: SamplePart = {
  title: 'booking events',
  statements: [
    `create table public.booking_events (
      booking_id bigint not null, event text not null, at timestamptz not null, primary key (booking_id, event, at)
    ) partition by range (at)`,
    ...months.map(
      (month, index) => `create table public.booking_events_2026_${month} partition of public.booking_events
        for values from ('2026-${month}-01 00:00Z') to ('2026-${months[index + 1] ?? '07'}-01 00:00Z')`,
    ),
    'create table public.booking_events_later partition of public.booking_events default',
    `insert into public.booking_events
      select id, status::text, requested_at from public.bookings where id % 4 = 0`,
    `create function public.note_booking() returns trigger language plpgsql
      security definer set search_path = pg_catalog, public as $$
      begin
        insert into public.booking_events values (new.id, new.status::text, new.requested_at);
        return null;
      end $$`,
    `create trigger note_booking after insert on public.bookings
      for each row execute function public.note_booking()`,
  ],
};
