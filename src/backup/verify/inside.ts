import { textColumn, withSession, type ClusterLocation, type Session } from '../../postgres/index.js';

/** One session on a restored database, ended whatever happens. */
export async function inside<T>(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSession(location, { database, applicationName: 'firedrill verify' }, work);
}

/** Every database that takes connections, one after the other. */
export async function insideEach<T>(
  location: ClusterLocation,
  work: (session: Session, database: string) => Promise<T>,
): Promise<T[]> {
  const names = await inside(location, location.database, async (session) =>
    session.query(
      `select datname::text as name from pg_database where datallowconn and datconnlimit <> -2 order by 1`,
    ),
  );
  const results: T[] = [];
  for (const row of names) {
    const database = textColumn(row, 'name');
    results.push(await inside(location, database, async (session) => work(session, database)));
  }
  return results;
}
