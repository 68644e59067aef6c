import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type JsonObject } from '../../base/index.js';
import { loseRows, waysToLoseRows, type LostRowsTruth, type WayToLoseRows } from '../../damage/index.js';
import { connectTo } from '../../postgres/index.js';
import { loadFigures } from '../application/control.js';
import { guardLab } from '../guard.js';
import type { Lab } from '../lab.js';
import { trafficTarget } from '../traffic-switch.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

const defaultLater = 20;
const laterWithinMs = 60_000;
const name = '[a-z_][a-z0-9_]*';

/**
 * One committed transaction that deletes, truncates, drops or overwrites what it should not have, while the application goes on
 * booking. Nothing fails; the injection returns when so many later bookings were acknowledged: they are what must not be lost.
 */
export const loseRowsFault: LabFault = {
  name: 'lose-rows',
  with: {
    type: 'object',
    additionalProperties: false,
    required: ['how', 'table'],
    properties: {
      how: { type: 'string', enum: [...waysToLoseRows] },
      table: { type: 'string', pattern: `^${name}\\.${name}$`, description: 'the table, as schema.name' },
      column: { type: 'string', pattern: `^${name}$`, description: 'only for a bad update: what it sets' },
      value: { type: 'string', description: 'only for a bad update: to what, as text' },
      laterBookings: {
        type: 'integer',
        minimum: 0,
        maximum: 1000,
        default: defaultLater,
        description:
          'how many bookings must be acknowledged after the harm before the injection counts as done',
      },
    },
    if: { properties: { how: { const: 'bad-update' } } },
    then: { required: ['column', 'value'] },
  },
  describe: (args) =>
    `${shownHow(args)}, in one committed transaction, while the application goes on booking`,
  preview: (args) => [
    'BEGIN',
    `LOCK TABLE ${wanted(args, 'table')} …, then count and hash what it holds`,
    shownStatement(args),
    'COMMIT',
    `wait until ${wantedLater(args)} later bookings were acknowledged`,
  ],
  async inject(lab, request): Promise<InjectedFault> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(request.id))
      throw new Failure('invalid', `fault id '${request.id}' is no file name`);
    const { args, signal } = request;
    const location = trafficTarget(lab);
    const guard = () => guardLab(lab, location, `${shownHow(args)} on ${location.dataDirectory}`);
    await guard();
    const later = wantedLater(args);
    await requireBookings(lab, later);
    const session = await connectTo(location, { applicationName: 'nightly cleanup' });
    const truth = await loseRows({
      session,
      allowedRoot: lab.paths.clusters,
      how: wanted(args, 'how') as WayToLoseRows,
      table: wanted(args, 'table'),
      bad:
        args['how'] === 'bad-update'
          ? { column: wanted(args, 'column'), value: wanted(args, 'value') }
          : null,
      truthFile: join(lab.paths.faults, `${request.id}.json`),
      confirm: guard,
      signal,
      // Whoever did it is gone: the server counts what a session did when that ends.
    }).finally(() => session.end());
    const booked = await laterBookings(lab, later, signal);
    return {
      groundTruth: { ...(truth as unknown as JsonObject), laterBookings: booked },
      proof: proofOf(truth),
      silent: true,
    };
  },
};

/** Names nothing by which the transaction could be looked up: finding it is the task. */
function proofOf(truth: LostRowsTruth): JsonObject {
  return {
    at: truth.at,
    firstFailedReadAt: truth.firstRead?.at ?? null,
    message: truth.firstRead?.said ?? null,
    relations: truth.relations,
    rows: truth.tables.reduce((sum, table) => sum + table.lost.rows, 0),
  };
}

async function requireBookings(lab: Lab, later: number): Promise<void> {
  if (later === 0 || (await loadFigures(lab)).writesPerSecond > 0) return;
  throw new Failure(
    'invalid',
    'the application books nothing, so no good transaction would follow the harm',
    {
      hint: 'Give the drill a load, e.g. `load: {writesPerSecond: 20}`, or set `laterBookings: 0`.',
    },
  );
}

/** Waits for so many acknowledged bookings more; one that was under way during the harm does not count. */
async function laterBookings(lab: Lab, wantedMore: number, signal: AbortSignal): Promise<JsonObject> {
  const before = (await loadFigures(lab)).acknowledged;
  const deadline = performance.now() + laterWithinMs;
  for (;;) {
    const { acknowledged, lastId } = await loadFigures(lab);
    if (wantedMore === 0 || acknowledged > before + wantedMore)
      return { acknowledged: acknowledged - before, lastId };
    if (signal.aborted) throw new Failure('cancelled', 'waiting for later bookings was cancelled');
    if (performance.now() > deadline)
      throw new Failure(
        'check',
        `only ${acknowledged - before} of ${wantedMore} later bookings were acknowledged within ${laterWithinMs / 1000} s`,
      );
    await delay(50);
  }
}

function wanted(args: JsonObject, key: string): string {
  return typeof args[key] === 'string' ? args[key] : `<${key}>`;
}

function wantedLater(args: JsonObject): number {
  return typeof args['laterBookings'] === 'number' ? args['laterBookings'] : defaultLater;
}

function shownHow(args: JsonObject): string {
  const table = wanted(args, 'table');
  switch (args['how']) {
    case 'truncate':
      return `truncates ${table} and every table that refers to it`;
    case 'drop':
      return `drops table ${table}`;
    case 'bad-update':
      return `sets ${wanted(args, 'column')} of every row of ${table} to '${wanted(args, 'value')}'`;
    default:
      return `deletes every row of ${table}`;
  }
}

function shownStatement(args: JsonObject): string {
  const table = wanted(args, 'table');
  const statements: { readonly [how: string]: string } = {
    delete: `DELETE FROM ${table}`,
    truncate: `TRUNCATE ${table} CASCADE`,
    drop: `DROP TABLE ${table}`,
    'bad-update': `UPDATE ${table} SET ${wanted(args, 'column')} = '${wanted(args, 'value')}'`,
  };
  return statements[wanted(args, 'how')] ?? `<how> ${table}`;
}
