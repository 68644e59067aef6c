import { Failure, type JsonObject } from '../../base/index.js';
import {
  connectTo,
  quoteName,
  textColumn,
  textOrNull,
  type Latency,
  type Session,
} from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { trafficTarget } from '../traffic-switch.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { InjectedFault, LabFault } from './lab-fault.js';
import { effectOf, takeLatency, type MeasuredEffect } from './measured-effect.js';

interface DroppedTruth {
  readonly v: 1;
  readonly kind: 'drop-index';
  readonly index: string;
  /** The statement that makes it again. */
  readonly definition: string;
  readonly before: Latency;
  readonly at: string | null;
  readonly effect: MeasuredEffect | null;
}

/** Drops an index, as a well-meant clean-up does: nothing fails, and everything that used it reads whole tables. */
export const dropIndex: LabFault = {
  name: 'drop-index',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      index: {
        type: 'string',
        pattern: '^[a-z_][a-z0-9_]*\\.[a-z_][a-z0-9_]*$',
        description:
          'the index, as schema.name, that no constraint needs; public.bookings_by_user unless told',
      },
    },
  },
  describe: (args) => `drops the index ${wantedIndex(args)}`,
  preview: (args) => [
    `select pg_get_indexdef('${wantedIndex(args)}'::regclass)`,
    `drop index ${wantedIndex(args)}`,
    '<canary queries>, before and after',
  ],
  async inject(lab, request): Promise<InjectedFault> {
    const kept = keptTruth<DroppedTruth>(lab, request.id);
    const begun = kept.read();
    if (begun !== null && begun.effect !== null) return injected(begun);
    const location = trafficTarget(lab);
    const index = wantedIndex(request.args);
    const guard = () => guardLab(lab, location, `drop the index ${index} on ${location.dataDirectory}`);
    await guard();
    const session = await connectTo(location, { applicationName: 'firedrill fault' });
    try {
      const planned =
        begun ??
        kept.write({
          ...{ v: 1, kind: 'drop-index', index, definition: await definitionOf(session, index) },
          ...{ before: await takeLatency(lab, request.signal), at: null, effect: null },
        });
      await guard();
      const [schema = '', name = ''] = planned.index.split('.');
      await session.query(`set lock_timeout = '5s'`);
      await session.query(`drop index if exists ${quoteName(schema)}.${quoteName(name)}`);
      const dropped = kept.write({ ...planned, at: planned.at ?? new Date().toISOString() });
      const effect = effectOf(dropped.before, await takeLatency(lab, request.signal));
      return injected(kept.write({ ...dropped, effect }));
    } finally {
      await session.end();
    }
  },
};

async function definitionOf(session: Session, index: string): Promise<string> {
  const [row] = await session.query(
    `select pg_get_indexdef(i.indexrelid) as definition,
            (select conname::text from pg_constraint where conindid = i.indexrelid limit 1) as constraint
       from pg_index i where i.indexrelid = to_regclass($1)`,
    [index],
  );
  if (row === undefined) throw new Failure('invalid', `there is no index ${index}`);
  const constraint = textOrNull(row, 'constraint');
  if (constraint !== null)
    throw new Failure(
      'invalid',
      `index ${index} belongs to constraint ${constraint} and cannot be dropped alone`,
    );
  return textColumn(row, 'definition');
}

function injected(truth: DroppedTruth): InjectedFault {
  const { at, index, effect } = truth;
  return {
    groundTruth: {
      ...asGroundTruth(truth),
      foundAs: { action: 'postgres.find-slowness', output: 'indexes', values: [index] },
    },
    proof: { at, index, effect: effect === null ? null : asGroundTruth(effect) },
    silent: true,
  };
}

function wantedIndex(args: JsonObject): string {
  return typeof args['index'] === 'string' ? args['index'] : 'public.bookings_by_user';
}
