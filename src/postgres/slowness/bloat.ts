import { formatSize } from '../../base/index.js';
import { textColumn, textOrNull } from '../column.js';
import type { Session } from '../session.js';
import { autovacuumIsOff } from './autovacuum.js';
import { readRelationSizes, type RelationSize } from './relation-sizes.js';
import { findStaleStatistics } from './stale-statistics.js';

/** A table in which rows that nobody needs any more wait to be removed. */
export interface DeadTable {
  /** As schema.name, quoted where SQL needs it. */
  readonly table: string;
  readonly liveRows: number;
  readonly deadRows: number;
  /** When it was last cleaned (UTC); null: never. */
  readonly vacuumedAt: string | null;
  /** Nobody will clean it by itself. */
  readonly autovacuumOff: boolean;
}

/** A table or an index that takes far more room than its rows need. */
export interface SwollenRelation {
  readonly table: string;
  /** As schema.name, never quoted. Null: the table itself. */
  readonly index: string | null;
  readonly sizeBytes: number;
  /** What so many rows took when the baseline was recorded, or would take by the planner's widths. */
  readonly neededBytes: number;
  readonly against: 'baseline' | 'estimate';
}

export interface Bloat {
  readonly dead: readonly DeadTable[];
  readonly swollen: readonly SwollenRelation[];
}

/** Autovacuum cleans at a fifth: what is beyond two fifths it has not come to, was told to leave alone, or may not remove. */
const deadShare = 0.4;
const fewRows = 1000;
/** Twice what was measured once; of what is only estimated, three times. */
const factors = { baseline: 2, estimate: 3 } as const;
const smallExcessBytes = 1024 * 1024;

/** Whether so many dead rows are more than the ordinary life of a table. */
export function isFullOfDead({
  liveRows,
  deadRows,
}: {
  readonly liveRows: number;
  readonly deadRows: number;
}): boolean {
  return deadRows >= Math.max(fewRows, deadShare * liveRows);
}

/** Tables full of dead rows, and what has swollen against `normal` (null: nothing was recorded). Takes no lock, needs no extension. */
export async function findBloat(session: Session, normal: readonly RelationSize[] | null): Promise<Bloat> {
  const rows = await session.query(
    `select format('%I.%I', s.schemaname, s.relname) as table, s.n_live_tup as live, s.n_dead_tup as dead,
            to_char(greatest(s.last_vacuum, s.last_autovacuum) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as vacuumed,
            ${autovacuumIsOff} as off
       from pg_stat_user_tables s join pg_class c on c.oid = s.relid
      where s.n_dead_tup >= greatest($1::float8, $2::float8 * s.n_live_tup)
      order by s.n_dead_tup desc`,
    [fewRows, deadShare],
  );
  const dead = rows.map((row) => ({
    table: textColumn(row, 'table'),
    liveRows: Number(row['live']),
    deadRows: Number(row['dead']),
    vacuumedAt: textOrNull(row, 'vacuumed'),
    autovacuumOff: row['off'] === true,
  }));
  // Where many rows came and nobody has counted them since, what they need is not known: new rows would look like swelling.
  const uncounted = (await findStaleStatistics(session))
    .map((one) => one.table)
    .filter((table) => !dead.some((one) => one.table === table));
  const swollen = (await readRelationSizes(session)).flatMap((now) => judgeSize(now, normal) ?? []);
  return { dead, swollen: swollen.filter((one) => !uncounted.includes(one.table)) };
}

/** Null: it takes about what its rows need, or nothing says what they need. */
export function judgeSize(now: RelationSize, normal: readonly RelationSize[] | null): SwollenRelation | null {
  const { table, index, sizeBytes } = now;
  const was = normal?.find((one) => one.table === table && one.index === index);
  const against = was === undefined || was.liveRows === 0 ? 'estimate' : 'baseline';
  const needed =
    was === undefined || against === 'estimate'
      ? now.estimatedBytes
      : (was.sizeBytes * now.liveRows) / was.liveRows;
  if (needed === null || sizeBytes - needed < smallExcessBytes || sizeBytes < factors[against] * needed)
    return null;
  return { table, index, sizeBytes, neededBytes: Math.round(needed), against };
}

export function sayDead({ table, liveRows, deadRows, vacuumedAt, autovacuumOff }: DeadTable): string {
  const off = autovacuumOff ? ', and autovacuum is switched off for it' : '';
  return `${table}: ${deadRows} dead rows beside ${liveRows} live ones, last vacuumed ${vacuumedAt ?? 'never'}${off}`;
}

export function saySwollen({ table, index, sizeBytes, neededBytes, against }: SwollenRelation): string {
  const by = against === 'baseline' ? 'as when the baseline was recorded' : 'estimated';
  return `${index === null ? `table ${table}` : `index ${index}`}: ${formatSize(sizeBytes)}, and its rows need ${formatSize(neededBytes)} (${by})`;
}
