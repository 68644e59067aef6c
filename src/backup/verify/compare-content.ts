import { Failure } from '../../base/index.js';
import { connectTo, hashTables, type ClusterLocation, type Session } from '../../postgres/index.js';
import type { TableExpectation } from '../expectation/expectation.js';
import { inParallel } from '../set/in-parallel.js';
import type { BackupManifest } from '../set/manifest.js';
import { everyProcessor } from './every-processor.js';
import { judge, notRun, type Outcome } from './verification.js';

/** Tables that are read beside each other: hashing keeps one processor busy. */
const atOnce = 2;

/** Test 6: counts and hashes of every table whose content is known, read from the heap. */
export async function compareContent(
  restored: ClusterLocation,
  manifest: Pick<BackupManifest, 'expectation'>,
  signal?: AbortSignal,
): Promise<Outcome> {
  const { databases, kind, hashMethod } = manifest.expectation;
  const tables = Object.entries(databases).flatMap(([database, expected]) =>
    expected.tables.map((was) => ({ database, was })),
  );
  if (tables.length === 0) return notRun('the policy names no table whose content could be compared');
  // The largest first, so that no long one is left for the end.
  tables.sort((a, b) => b.was.rows - a.was.rows);
  const sessions = new Map<string, Session>();
  const use = async (database: string, worker: string) => {
    const key = `${worker} ${database}`;
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const session = await connectTo(restored, { database, applicationName: 'firedrill verify' });
    await session.query(everyProcessor);
    sessions.set(key, session);
    return session;
  };
  const free = Array.from({ length: atOnce }, (_, at) => String(at));
  try {
    const problems = await inParallel(
      tables,
      atOnce,
      async ({ database, was }) => {
        const worker = free.pop() ?? '';
        try {
          return await problemOf(await use(database, worker), was, hashMethod);
        } finally {
          free.push(worker);
        }
      },
      signal,
    );
    const rows = tables.reduce((sum, { was }) => sum + was.rows, 0);
    return judge(
      problems.filter((one) => one !== null),
      [
        `${tables.length} tables, ${rows} rows equal in count and content hash (${kind === 'exact' ? 'an exact' : 'a partial'} expectation)`,
        ...Object.values(databases).flatMap(({ uncovered }) =>
          uncovered.map((one) => `not covered: ${one.table}, ${one.why}`),
        ),
      ],
    );
  } finally {
    for (const session of sessions.values()) await session.end();
  }
}

async function problemOf(
  session: Session,
  was: TableExpectation,
  method: 'record' | 'text',
): Promise<string | null> {
  const upTo = was.upTo === undefined ? {} : { [was.table]: was.upTo };
  try {
    const [is] = await hashTables(session, [was.table], { upTo, method });
    if (is !== undefined && is.rows === was.rows && is.hash === was.hash) return null;
    return `${was.table} has ${is?.rows ?? 0} rows with hash ${is?.hash ?? ''}, expected ${was.rows} with ${was.hash}`;
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return `${was.table} cannot be read: ${failure.message}`;
  }
}
