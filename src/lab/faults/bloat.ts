import { Failure, type JsonObject } from '../../base/index.js';
import { judgeLatency, readBaseline, type ClusterLocation, type Latency } from '../../postgres/index.js';
import { startDisturbance } from '../disturbance/start-disturbance.js';
import { guardLab } from '../guard.js';
import { requireLatency } from '../latency.js';
import type { Lab } from '../lab.js';
import { trafficTarget } from '../traffic-switch.js';
import {
  bookAndTakeBack,
  holder,
  readSwelling,
  rewriteRows,
  swollenTable,
  type Swelling,
} from './bloat-rows.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { FaultRequest, InjectedFault, LabFault } from './lab-fault.js';
import { effectOf, takeLatency, type MeasuredEffect } from './measured-effect.js';

const defaultRows = 60_000;
const rewrites = 3;
/** A quick machine needs more dead rows until its clients wait. */
const mostBatches = 6;

interface BloatTruth {
  readonly v: 1;
  readonly kind: 'bloat';
  readonly table: string;
  readonly rows: number;
  readonly note: string;
  readonly before: Latency;
  readonly sizeBefore: Swelling;
  /** The session for whose sake the dead rows stay: its process id. */
  readonly holder: number | null;
  readonly at: string | null;
  readonly batches: number;
  readonly sizeAfter: Swelling | null;
  readonly effect: MeasuredEffect | null;
}

/** Rows change and go, a forgotten transaction keeps what is dead, and autovacuum is switched off: the table and its indexes swell. */
export const bloat: LabFault = {
  name: 'bloat',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      rows: {
        type: 'integer',
        minimum: 10_000,
        maximum: 1_000_000,
        default: defaultRows,
        description: 'bookings of one rider that are made and taken back; more, until clients wait',
      },
    },
  },
  describe: (args) =>
    `swells ${swollenTable}: keeps autovacuum away, leaves a transaction open, rewrites every row ${rewrites} times and makes and takes back ${wantedRows(args)} bookings`,
  preview: (args) => [
    `alter table ${swollenTable} set (autovacuum_enabled = false)`,
    ...holder.statements.map((statement) => `${holder.application}: ${statement}`),
    `update ${swollenTable} set status = status (${rewrites} times)`,
    `insert into ${swollenTable} …; delete from ${swollenTable} … (${wantedRows(args)} rows)`,
    '<canary queries>, before and after',
  ],
  async inject(lab, request): Promise<InjectedFault> {
    const kept = keptTruth<BloatTruth>(lab, request.id);
    const begun = kept.read();
    if (begun !== null && begun.effect !== null) return injected(begun);
    const location = trafficTarget(lab);
    const guard = () => guardLab(lab, location, `swell ${swollenTable} on ${location.dataDirectory}`);
    await guard();
    requireLatency(lab);
    const planned =
      begun ??
      kept.write({
        ...{ v: 1, kind: 'bloat', table: swollenTable, rows: wantedRows(request.args) },
        ...{ note: `taken back ${request.id}`, before: await takeLatency(lab, request.signal) },
        ...{ sizeBefore: await readSwelling(location), holder: null, at: null, batches: 0 },
        ...{ sizeAfter: null, effect: null },
      });
    await guard();
    const note = await startDisturbance(lab, request.id, location, [holder], request.signal);
    const held = kept.write({ ...planned, holder: note.sessions[0]?.pid ?? null });
    return injected(await swell(lab, held, request, { location, guard, keep: (truth) => kept.write(truth) }));
  },
};

/** Until clients wait for longer than their objective: that is what the disaster is. */
async function swell(
  lab: Lab,
  planned: BloatTruth,
  { signal }: FaultRequest,
  {
    location,
    guard,
    keep,
  }: {
    readonly location: ClusterLocation;
    readonly guard: () => Promise<unknown>;
    readonly keep: (truth: BloatTruth) => BloatTruth;
  },
): Promise<BloatTruth> {
  let truth = planned;
  await guard();
  if (truth.batches === 0) await rewriteRows(location, rewrites);
  while (truth.batches < mostBatches) {
    if (signal.aborted) throw new Failure('cancelled', `swelling ${swollenTable} was cancelled`);
    await guard();
    await bookAndTakeBack(location, truth.rows, truth.note);
    truth = keep({ ...truth, batches: truth.batches + 1, at: truth.at ?? new Date().toISOString() });
    const sizeAfter = await readSwelling(location);
    const latency = await takeLatency(lab, signal);
    if (!clientsWait(lab, latency)) continue;
    return keep({ ...truth, sizeAfter, effect: effectOf(truth.before, latency) });
  }
  throw new Failure(
    'check',
    `${swollenTable} holds the dead of ${truth.batches * truth.rows} bookings, and clients are served within the objective all the same`,
  );
}

/** As the runbook judges it, and by half of all answers with room to spare: a single slow one is no disaster. */
function clientsWait(lab: Lab, latency: Latency): boolean {
  const { objective, limitMs, baselineFile, queries } = requireLatency(lab);
  const { worst } = judgeLatency(latency, readBaseline(baselineFile, queries), objective);
  return worst !== null && worst.now.p50Ms >= Math.min(limitMs, 1.5 * worst.objectiveMs);
}

function injected(truth: BloatTruth): InjectedFault {
  const { at, table, holder: pid, sizeBefore, sizeAfter, effect } = truth;
  return {
    groundTruth: {
      ...asGroundTruth(truth),
      foundAs: { action: 'postgres.find-slowness', output: 'bloatedTables', values: [table] },
    },
    proof: {
      ...{ at, table, holder: pid },
      before: asGroundTruth(sizeBefore),
      after: sizeAfter === null ? null : asGroundTruth(sizeAfter),
      effect: effect === null ? null : asGroundTruth(effect),
    },
    silent: true,
  };
}

function wantedRows(args: JsonObject): number {
  return typeof args['rows'] === 'number' ? args['rows'] : defaultRows;
}
