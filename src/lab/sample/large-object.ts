import { sampleRoles } from './roles.js';
import type { SamplePart } from './statements.js';

/** A picture of a licence, kept the old way: large objects are easily forgotten by backups. */
export const largeObject: SamplePart = {
  title: 'large object',
  statements: [
    `select lo_from_bytea(424242, decode(repeat(md5('licence'), 400), 'hex'))`,
    `grant select on large object 424242 to ${sampleRoles.report}`,
    `create table public.driver_documents (driver_id bigint primary key references public.drivers, scan oid not null)`,
    'insert into public.driver_documents values (1, 424242)',
  ],
};
