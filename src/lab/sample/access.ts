import { sampleRoles } from './roles.js';
import type { SamplePart } from './statements.js';

const { owner, application, report, sentinel } = sampleRoles;

/** Who may do what, down to the row; the application can neither change nor delete what it has booked. */
export const access: SamplePart = {
  title: 'access',
  statements: [
    `do $$ declare name text; begin
      for name in select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm')
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      loop execute 'alter table ' || name || ' owner to ${owner}'; end loop;
    end $$`,
    `alter function public.note_booking() owner to ${owner}`,
    `alter type public.booking_status owner to ${owner}`,
    'revoke create on schema public from public',
    `grant usage on schema public to ${application}, ${report}, ${sentinel}`,
    `grant select on public.cities, public.users, public.drivers to ${application}`,
    `grant select, insert on public.bookings, public.payments to ${application}`,
    `grant select, insert, update on public.application_status to ${application}`,
    `grant usage on sequence public.bookings_id_seq, public.payments_id_seq to ${application}`,
    `grant select on public.active_drivers, public.daily_revenue, public.payments to ${report}`,
    `grant select on public.bookings to ${sentinel}`,
    `grant usage on schema firedrill to ${sentinel}`,
    `grant insert, select on firedrill.canary to ${sentinel}`,
    'alter table public.payments enable row level security',
    `create policy application_writes on public.payments to ${application} using (true) with check (amount >= 0)`,
    `create policy report_sees_no_cash on public.payments for select to ${report} using (method <> 'cash')`,
  ],
};
