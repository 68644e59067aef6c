import type { SamplePart } from './statements.js';

export const views: SamplePart = {
  title: 'views',
  statements: [
    `create view public.active_drivers as
      select d.id, d.name, c.name as city, d.rating from public.drivers d join public.cities c on c.id = d.city_id
      where d.active`,
    `create materialized view public.daily_revenue as
      select date_trunc('day', paid_at at time zone 'UTC')::date as day, count(*) as payments, sum(amount) as revenue
      from public.payments group by 1`,
    'create unique index daily_revenue_by_day on public.daily_revenue (day)',
    `comment on materialized view public.daily_revenue is 'refreshed by the finance report'`,
  ],
};
