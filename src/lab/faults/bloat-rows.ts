import {
  readRelationSizes,
  withSession,
  type ClusterLocation,
  type RelationSize,
} from '../../postgres/index.js';
import type { DisturbingClient } from '../disturbance/plan.js';

export const swollenTable = 'public.bookings';

/** Reads once, like a report at night, and never ends its transaction: what dies from now on is kept for it. */
export const holder: DisturbingClient = {
  ...{ application: 'nightly export', who: 'application', times: 1 },
  statements: ['begin isolation level repeatable read read only', `select count(*) from ${swollenTable}`],
  last: null,
};

const perRound = 1000;
const options = { applicationName: 'firedrill fault' };

/** Keeps autovacuum away, and writes every row anew as it is: the old ones are dead, and lie where they were. */
export async function rewriteRows(location: ClusterLocation, times: number): Promise<void> {
  await withSession(location, options, async (session) => {
    await session.query(`set lock_timeout = '5s'`);
    await session.query(`alter table ${swollenTable} set (autovacuum_enabled = false)`);
    for (let pass = 0; pass < times; pass += 1)
      await session.query(`update ${swollenTable} set status = status`);
  });
}

/**
 * Books for one rider and takes it back in the same transaction, again and again: no row stays, all of their dead do, next to each other
 * in the indexes. Triggers and foreign keys are left out: nothing else is to be touched.
 */
export async function bookAndTakeBack(location: ClusterLocation, rows: number, note: string): Promise<void> {
  await withSession(location, options, async (session) => {
    for (let done = 0; done < rows; done += perRound)
      await session.transaction(async (inside) => {
        await inside.query(`set local session_replication_role = replica`);
        const [last] = await inside.query('select last_value as id from public.bookings_id_seq');
        await inside.query(
          `insert into ${swollenTable} (user_id, status, pickup, dropoff, fare, requested_at, note)
            select 1, 'cancelled', 'Terminal ' || i % 4, 'Harbour Road', 40 + i % 400, clock_timestamp(), $2
              from generate_series(1, $1::int) i`,
          [Math.min(perRound, rows - done), note],
        );
        await inside.query(`delete from ${swollenTable} where id > $1::int8 and note = $2`, [
          last?.['id'] ?? 0,
          note,
        ]);
      });
  });
}

export interface Swelling {
  readonly relations: readonly Pick<RelationSize, 'index' | 'sizeBytes'>[];
  readonly liveRows: number;
  readonly deadRows: number;
}

/**
 * How large the table and its indexes are, and how many dead rows the server counts in it. Has the planner look first: so that nothing
 * but the dead rows is to blame. Over a session of its own: what others changed is counted once theirs are over.
 */
export async function readSwelling(location: ClusterLocation): Promise<Swelling> {
  return withSession(location, options, async (session) => {
    await session.query(`analyze ${swollenTable}`);
    const [row] = await session.query(
      'select n_live_tup as live, n_dead_tup as dead from pg_stat_user_tables where relid = $1::regclass',
      [swollenTable],
    );
    const relations = (await readRelationSizes(session)).filter((one) => one.table === swollenTable);
    return {
      relations: relations.map(({ index, sizeBytes }) => ({ index, sizeBytes })),
      liveRows: Number(row?.['live']),
      deadRows: Number(row?.['dead']),
    };
  });
}
