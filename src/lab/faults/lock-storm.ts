import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type JsonObject } from '../../base/index.js';
import {
  connectTo,
  readBlocking,
  textColumn,
  type ClusterLocation,
  type Session,
} from '../../postgres/index.js';
import type { DisturbingClient } from '../disturbance/plan.js';
import { startDisturbance } from '../disturbance/start-disturbance.js';
import { guardLab } from '../guard.js';
import { trafficTarget } from '../traffic-switch.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { InjectedFault, LabFault } from './lab-fault.js';
import { tryStatement, type RefusedStatement } from './refused-statement.js';

const reader = 'monthly report';
const migration = 'schema migration';
const waitMs = 15_000;

interface StormTruth {
  readonly v: 1;
  readonly kind: 'lock-storm';
  readonly table: string;
  readonly clients: readonly DisturbingClient[];
  /** Process ids of the one who reads and says nothing, and of the one who waits for it and makes everybody wait. */
  readonly root: number | null;
  readonly queued: number | null;
  /** The first of them, as `postgres.find-slowness` should name it. */
  readonly rootId: string | null;
  /** When the second began to wait: from then on nobody got at the table. */
  readonly at: string | null;
  readonly failedRead: RefusedStatement | null;
  readonly provenAt: string | null;
}

/**
 * Somebody reads a table in a transaction and goes away without ending it; a schema change queues behind, and everybody behind that.
 * No row is touched.
 */
export const lockStorm: LabFault = {
  name: 'lock-storm',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      table: {
        type: 'string',
        pattern: '^[a-z_][a-z0-9_]*\\.[a-z_][a-z0-9_]*$',
        description: 'the table, as schema.name, that the application may read; public.bookings unless told',
      },
    },
  },
  describe: (args) =>
    `leaves a transaction open that has read ${wantedTable(args)}, and queues a schema change behind it`,
  preview: (args) =>
    clientsOf(wantedTable(args)).flatMap(({ application, statements, last }) =>
      [...statements, ...(last === null ? [] : [last])].map((statement) => `${application}: ${statement}`),
    ),
  async inject(lab, request): Promise<InjectedFault> {
    const kept = keptTruth<StormTruth>(lab, request.id);
    const begun = kept.read();
    if (begun !== null && begun.provenAt !== null) return injected(begun);
    const location = trafficTarget(lab);
    const table = wantedTable(request.args);
    await guardLab(lab, location, `lock ${table} on ${location.dataDirectory}`);
    const planned: StormTruth = kept.write({
      ...{ v: 1, kind: 'lock-storm', table, clients: clientsOf(table) },
      ...{ root: null, queued: null, rootId: null, at: null, failedRead: null, provenAt: null },
    });
    const note = await startDisturbance(lab, request.id, location, planned.clients, request.signal);
    const pidOf = (application: string) =>
      note.sessions.find((one) => one.application === application)?.pid ?? 0;
    const [root, queued] = [pidOf(reader), pidOf(migration)];
    const queue = await queuedSince(location, { root, queued, table }, request.signal);
    const storm = kept.write({ ...planned, root, queued, ...queue });
    const failedRead = await tryStatement(location, `select 1 from ${table} limit 1`);
    if (failedRead === null)
      throw new Failure('check', `${table} is locked, and a read of it was answered all the same`);
    return injected(kept.write({ ...storm, failedRead, provenAt: new Date().toISOString() }));
  },
};

function clientsOf(table: string): readonly DisturbingClient[] {
  return [
    {
      ...{ application: reader, who: 'application', times: 1 },
      statements: ['begin', `select count(*) from ${table}`],
      last: null,
    },
    {
      ...{ application: migration, who: 'administrator', times: 1 },
      statements: [],
      // The strongest lock there is, for a change of nothing: when it is through, the table is as before.
      last: `alter table ${table} replica identity default`,
    },
  ];
}

/** Waits until the schema change waits for the reader; since when, by the server's clock, and for whom. */
async function queuedSince(
  location: ClusterLocation,
  { root, queued, table }: { readonly root: number; readonly queued: number; readonly table: string },
  signal: AbortSignal,
): Promise<{ readonly at: string; readonly rootId: string | null }> {
  const session = await connectTo(location, { applicationName: 'firedrill fault', readOnly: true });
  try {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const at = await waitingSince(session, root, queued);
      const { roots } = await readBlocking(session);
      if (at !== null) return { at, rootId: roots.find((one) => one.pid === root)?.id ?? null };
      if (signal.aborted) throw new Failure('cancelled', `locking ${table} was cancelled`);
      if (performance.now() > deadline)
        throw new Failure('check', `the schema change of ${table} does not wait for session ${root}`);
      await delay(20);
    }
  } finally {
    await session.end();
  }
}

async function waitingSince(session: Session, root: number, queued: number): Promise<string | null> {
  const [row] = await session.query(
    `select to_char(query_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since from pg_stat_activity
      where pid = $2::int4 and wait_event_type = 'Lock' and $1::int4 = any(pg_blocking_pids(pid))`,
    [root, queued],
  );
  return row === undefined ? null : textColumn(row, 'since');
}

function injected(truth: StormTruth): InjectedFault {
  const { at, failedRead, table, root, queued } = truth;
  return {
    groundTruth: {
      ...asGroundTruth(truth),
      foundAs: { action: 'postgres.find-slowness', output: 'roots', values: [truth.rootId] },
    },
    proof: {
      at,
      firstFailedReadAt: failedRead?.at ?? null,
      sqlState: failedRead?.sqlState ?? null,
      message: failedRead?.message ?? null,
      table,
      root,
      queued,
    },
  };
}

function wantedTable(args: JsonObject): string {
  return typeof args['table'] === 'string' ? args['table'] : 'public.bookings';
}
