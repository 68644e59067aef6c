import { Failure } from '../../base/index.js';
import { connectTo, textOrNull, type ClusterLocation } from '../../postgres/index.js';
import type { DisturbingClient } from '../disturbance/plan.js';
import { startDisturbance } from '../disturbance/start-disturbance.js';
import { guardLab } from '../guard.js';
import { trafficTarget } from '../traffic-switch.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { InjectedFault, LabFault } from './lab-fault.js';
import { tryStatement, type RefusedStatement } from './refused-statement.js';

/** Locks every rider first, then compares all bookings with all bookings with all bookings: nobody lives to see its end. */
const runaway = `select count(*) from public.bookings a, public.bookings b, public.bookings c
  where (select count(*) from (select 1 from public.users for update) locked) > 0 and a.note > b.note and b.note > c.note`;
const booking = `insert into public.bookings (user_id, status, pickup, dropoff, fare, requested_at)
  select min(id), 'requested', 'here', 'there', 1, clock_timestamp() from public.users`;
const client: DisturbingClient = {
  ...{ application: 'nightly recount', who: 'administrator', times: 1 },
  statements: [],
  last: runaway,
};
const tries = 20;

interface RunawayTruth {
  readonly v: 1;
  readonly kind: 'runaway-query';
  readonly query: string;
  readonly pid: number | null;
  readonly at: string | null;
  readonly failedWrite: RefusedStatement | null;
}

/** One query that never ends and keeps every rider locked: reading goes on, and nobody can book. No probe of the sentinel fails. */
export const runawayQuery: LabFault = {
  name: 'runaway-query',
  with: { type: 'object', additionalProperties: false, properties: {} },
  describe: () => 'starts a query that locks every rider and never ends: nobody can book',
  preview: () => [runaway, booking],
  async inject(lab, request): Promise<InjectedFault> {
    const kept = keptTruth<RunawayTruth>(lab, request.id);
    const begun = kept.read();
    if (begun !== null && begun.failedWrite !== null) return injected(begun);
    const location = trafficTarget(lab);
    await guardLab(lab, location, `start a query that never ends on ${location.dataDirectory}`);
    const planned = kept.write({
      ...{ v: 1, kind: 'runaway-query', query: runaway },
      ...{ pid: null, at: null, failedWrite: null },
    });
    const note = await startDisturbance(lab, request.id, location, [client], request.signal);
    const pid = note.sessions[0]?.pid ?? 0;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (request.signal.aborted) throw new Failure('cancelled', 'starting the query was cancelled');
      // It takes a moment until it has locked them all.
      const failedWrite = await tryStatement(location, booking);
      if (failedWrite === null) continue;
      return injected(kept.write({ ...planned, pid, at: await startOf(location, pid), failedWrite }));
    }
    throw new Failure('check', 'the query runs, and bookings are accepted all the same');
  },
};

async function startOf(location: ClusterLocation, pid: number): Promise<string | null> {
  const session = await connectTo(location, { applicationName: 'firedrill fault', readOnly: true });
  try {
    const [row] = await session.query(
      `select to_char(query_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since
         from pg_stat_activity where pid = $1::int4 and state = 'active'`,
      [pid],
    );
    return textOrNull(row, 'since');
  } finally {
    await session.end();
  }
}

function injected(truth: RunawayTruth): InjectedFault {
  const { at, pid, failedWrite } = truth;
  return {
    groundTruth: asGroundTruth(truth),
    proof: {
      ...{ at, pid, firstFailedWriteAt: failedWrite?.at ?? null },
      ...{ sqlState: failedWrite?.sqlState ?? null, message: failedWrite?.message ?? null },
    },
    silent: true,
  };
}
