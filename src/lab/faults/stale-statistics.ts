import { Failure, type JsonObject } from '../../base/index.js';
import { connectTo, type Latency, type Session } from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { trafficTarget } from '../traffic-switch.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { InjectedFault, LabFault } from './lab-fault.js';
import { effectOf, takeLatency, type MeasuredEffect } from './measured-effect.js';

const defaultRows = 20_000;

interface StaleTruth {
  readonly v: 1;
  readonly kind: 'stale-statistics';
  readonly rows: number;
  /** Written into every row, so that an import is known again. */
  readonly note: string;
  readonly before: Latency;
  readonly at: string | null;
  readonly effect: MeasuredEffect | null;
}

/** A bulk import for one rider with autovacuum switched off and forgotten: the planner goes on believing that this rider rides little. */
export const staleStatistics: LabFault = {
  name: 'stale-statistics',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      rows: {
        type: 'integer',
        minimum: 5000,
        maximum: 1_000_000,
        default: defaultRows,
        description: 'bookings to import; at least a fifth of what is there, or nothing counts as stale',
      },
    },
  },
  describe: (args) =>
    `imports ${wantedRows(args)} bookings of one rider and keeps autovacuum away from public.bookings`,
  preview: (args) => [
    'alter table public.bookings set (autovacuum_enabled = false)',
    `insert into public.bookings … select 1, … from generate_series(1, ${wantedRows(args)})`,
    '<canary queries>, before and after',
  ],
  async inject(lab, request): Promise<InjectedFault> {
    const kept = keptTruth<StaleTruth>(lab, request.id);
    const begun = kept.read();
    if (begun !== null && begun.effect !== null) return injected(begun);
    const location = trafficTarget(lab);
    const guard = () => guardLab(lab, location, `import into public.bookings on ${location.dataDirectory}`);
    await guard();
    const planned =
      begun ??
      kept.write({
        ...{ v: 1, kind: 'stale-statistics', rows: wantedRows(request.args), note: `import ${request.id}` },
        ...{ before: await takeLatency(lab, request.signal), at: null, effect: null },
      });
    const session = await connectTo(location, { applicationName: 'firedrill fault' });
    try {
      await guard();
      await importOnce(session, planned);
    } finally {
      // The counters that tell of the import are handed over at the latest when the session ends.
      await session.end();
    }
    const imported = kept.write({ ...planned, at: planned.at ?? new Date().toISOString() });
    const effect = effectOf(imported.before, await takeLatency(lab, request.signal));
    return injected(kept.write({ ...imported, effect }));
  },
};

async function importOnce(session: Session, { rows, note }: StaleTruth): Promise<void> {
  await session.transaction(async (inside) => {
    await inside.query(`set local lock_timeout = '5s'`);
    const [there] = await inside.query(
      'select count(*)::int as rows from public.bookings where user_id = 1 and note = $1',
      [note],
    );
    const present = Number(there?.['rows']);
    if (present === rows) return;
    if (present !== 0)
      throw new Failure('unknown-outcome', `${present} of ${rows} rows of ${note} are there`);
    await inside.query('alter table public.bookings set (autovacuum_enabled = false)');
    await inside.query(
      `insert into public.bookings (user_id, status, pickup, dropoff, fare, requested_at, note)
        select 1, 'cancelled', 'Terminal ' || i % 4, 'Harbour Road', 40 + i % 400, clock_timestamp(), $2
          from generate_series(1, $1::int) i`,
      [rows, note],
    );
  });
}

function injected(truth: StaleTruth): InjectedFault {
  const { at, rows, effect } = truth;
  return {
    groundTruth: asGroundTruth(truth),
    proof: { at, rows, effect: effect === null ? null : asGroundTruth(effect) },
    silent: true,
  };
}

function wantedRows(args: JsonObject): number {
  return typeof args['rows'] === 'number' ? args['rows'] : defaultRows;
}
