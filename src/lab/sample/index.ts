/** The sample ride-hailing database: one of every kind of object that a backup can lose; the same content every time. */
import { access } from './access.js';
import { bookingEvents } from './booking-events.js';
import { makeBookings } from './bookings.js';
import { extensions } from './extensions.js';
import { largeObject } from './large-object.js';
import { observed } from './observed.js';
import { payments } from './payments.js';
import { makePeople } from './people.js';
import { sampleSize, type SamplePart } from './statements.js';
import { views } from './views.js';

export { makeRoles, sampleRoles } from './roles.js';

export const sampleDatabase = 'ridehailing';

/** Which tables of the sample a backup policy names as static or append-only (table → key column). */
export const samplePolicy = {
  staticTables: ['public.cities', 'public.users', 'public.drivers', 'public.driver_documents'],
  appendOnly: { 'public.bookings': 'id', 'public.payments': 'id', 'firedrill.canary': 'id' },
} as const;

/** Everything inside the database, in order; the roles come before it. */
export function sampleParts(scale: number): readonly SamplePart[] {
  const size = sampleSize(scale);
  return [
    extensions,
    makePeople(size),
    makeBookings(size),
    payments,
    bookingEvents,
    views,
    largeObject,
    observed,
    access,
  ];
}
