import { Failure, formatDuration } from '../../base/index.js';
import { quoteName, type ClusterLocation } from '../../postgres/index.js';
import { attempt } from './attempt.js';
import { inside } from './inside.js';
import { judge, notRun, type Outcome } from './verification.js';

/** What is promised, and what says how much was lost. */
export interface Freshness {
  readonly rpoMs: number;
  readonly rtoMs?: number;
  /** A table with a row written all the time, and the column that says when. */
  readonly table?: string;
  readonly timeColumn?: string;
  readonly database?: string;
}

/** A question of the application to its data: it must be answered, and not with `false`. */
export interface SmokeQuery {
  readonly sql: string;
  readonly database?: string;
}

export interface UsableRequest {
  readonly location: ClusterLocation;
  readonly freshness?: Freshness | undefined;
  readonly smoke?: readonly SmokeQuery[] | undefined;
  readonly restoreMs: number;
  /** When the snapshot was taken, ISO 8601: the age of everything in a set that no log carries on; null where one does. */
  readonly snapshotAt: string | null;
}

/** Test 8: a write is acknowledged, the application's questions are answered, and the data are as fresh as was promised. */
export async function checkUsable(request: UsableRequest): Promise<Outcome> {
  const { location, freshness, smoke = [], restoreMs } = request;
  await inside(location, location.database, async (session) => {
    await session.query(
      'create table firedrill_usable(id int); insert into firedrill_usable values (1); drop table firedrill_usable',
    );
  });
  const seen = ['a write was acknowledged'];
  for (const one of smoke) {
    const answered = await attempt(async () => ask(location, one));
    if (answered.verdict === 'fail') return answered;
  }
  if (smoke.length > 0) seen.push(`${smoke.length} smoke queries answered`);
  if (freshness === undefined)
    return notRun(`${seen.join(', ')}, but no canary table is named, so its age is unknown`);
  const age = await ageOf(request, freshness);
  if (typeof age === 'string')
    return age === '' ? notRun(`${seen.join(', ')}, but ${noAge}`) : judge([age], []);
  const problems = [
    ...(age.ms > freshness.rpoMs
      ? [`${age.what} is ${formatDuration(age.ms)} old, allowed are ${formatDuration(freshness.rpoMs)}`]
      : []),
    ...(freshness.rtoMs !== undefined && restoreMs > freshness.rtoMs
      ? [`the restore took ${formatDuration(restoreMs)}, allowed are ${formatDuration(freshness.rtoMs)}`]
      : []),
  ];
  return judge(problems, [
    ...seen,
    `${age.what} is ${formatDuration(age.ms)} old`,
    `restored in ${formatDuration(restoreMs)}`,
  ]);
}

const noAge = 'no canary table is named, and an idle server’s last commit says nothing of what is lost';

/** A text says why there is none: empty, when nothing could tell. */
async function ageOf(
  { location, snapshotAt }: UsableRequest,
  freshness: Freshness,
): Promise<{ readonly ms: number; readonly what: string } | string> {
  const { table, timeColumn } = freshness;
  if (table === undefined || timeColumn === undefined) {
    if (snapshotAt === null) return '';
    return { ms: Date.now() - Date.parse(snapshotAt), what: 'the snapshot that the backup was taken in' };
  }
  const [row] = await inside(location, freshness.database ?? location.database, async (session) =>
    session.query(
      `select extract(epoch from clock_timestamp() - max(${quoteName(timeColumn)}))::float8 * 1000 as age from ${table}`,
    ),
  );
  const age = row?.['age'];
  if (typeof age !== 'number') return `${table} has no row: there is no canary to tell the age by`;
  return { ms: age, what: 'the newest canary' };
}

async function ask(location: ClusterLocation, { sql, database }: SmokeQuery): Promise<Outcome> {
  try {
    const [row] = await inside(location, database ?? location.database, async (session) =>
      session.query(sql),
    );
    const [first] = row === undefined ? [] : Object.values(row);
    return judge(first === false ? [`smoke query answered false: ${sql}`] : [], []);
  } catch (failure) {
    if (failure instanceof Failure && failure.reason !== 'cancelled')
      throw new Failure(failure.reason, `smoke query failed: ${sql}: ${failure.message}`, { cause: failure });
    throw failure;
  }
}
