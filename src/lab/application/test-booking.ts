import { Failure, isJsonObject } from '../../base/index.js';
import { connectTo } from '../../postgres/index.js';
import type { Lab } from '../lab.js';
import { trafficTarget } from '../traffic-switch.js';

/** Books one ride as a customer would, through the application; its id once that was acknowledged, else `unavailable`. */
export async function bookThroughApplication(lab: Lab): Promise<string> {
  const url = `http://127.0.0.1:${lab.state().applicationPort}/bookings`;
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5000) });
    status = response.status;
    answer = await response.json();
  } catch (cause) {
    throw new Failure('unavailable', `${url} did not answer`, { cause });
  }
  const id = isJsonObject(answer) ? answer['id'] : undefined;
  if (status === 201 && typeof id === 'number') return String(id);
  throw new Failure('unavailable', `${url} answered ${status}: ${JSON.stringify(answer)}`);
}

/** Whether the booking stands, with its payment, in the database that clients reach. */
export async function hasBooking(lab: Lab, id: string): Promise<boolean> {
  const session = await connectTo(trafficTarget(lab), { applicationName: 'firedrill lab', readOnly: true });
  try {
    const rows = await session.query(
      'select 1 as one from public.bookings b join public.payments p on p.booking_id = b.id where b.id = $1::int8',
      [id],
    );
    return rows.length > 0;
  } finally {
    await session.end();
  }
}
