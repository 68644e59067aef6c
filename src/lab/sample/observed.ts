import type { SamplePart } from './statements.js';

/** Where the outside observer writes, and where the application proves that it can write. */
export const observed: SamplePart = {
  title: 'canary and application status',
  statements: [
    `create table firedrill.canary (id bigint primary key, written_at timestamptz not null, session text not null)`,
    `comment on table firedrill.canary is 'numbered rows written from outside; see the ledger of acknowledged commits'`,
    'create table public.application_status (host text primary key, seen_at timestamptz not null)',
  ],
};
