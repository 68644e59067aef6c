import { textColumn, withSession, type ClusterLocation, type Session } from '../../postgres/index.js';
import type { Has } from './structure-sql.js';
import { probeCatalog } from './structure-queries.js';

/** Something that a way of backing up cannot bring back. */
export interface Loss {
  /** In general, for people who choose a way. */
  readonly kind: string;
  /** What becomes of it. */
  readonly why: string;
  /** Asked once, or in every database that takes connections. */
  readonly scope: 'cluster' | 'database';
  /** Gives `name`, one row for each thing that is there now and would be lost; null where the server cannot have it. */
  readonly query: (has: Has) => string | null;
}

/** A setting with its value, but for those that people put keys and addresses into: a manifest is read by anybody. */
export const namedSetting = `case when name ~* '[.]|command|conninfo|secret|token|passw' then name else format('%s = %s', name, current_setting(name)) end`;

/** Names what would be lost if the cluster were restored from a backup taken now: `<kind> <name> (<why>)`, sorted. */
export async function findLosses(location: ClusterLocation, losses: readonly Loss[]): Promise<string[]> {
  const found: string[] = [];
  const databases = await ask(location, location.database, async (session) => {
    found.push(...(await nameLosses(session, losses, 'cluster', '')));
    return session.query('select datname::text as name from pg_database where datallowconn order by 1');
  });
  for (const row of databases) {
    const name = textColumn(row, 'name');
    found.push(
      ...(await ask(location, name, async (session) =>
        nameLosses(session, losses, 'database', ` in database ${name}`),
      )),
    );
  }
  return found.sort();
}

async function nameLosses(
  session: Session,
  losses: readonly Loss[],
  scope: Loss['scope'],
  where: string,
): Promise<string[]> {
  const has = await probeCatalog(session);
  const found: string[] = [];
  for (const loss of losses) {
    const sql = loss.scope === scope ? loss.query(has) : null;
    if (sql === null) continue;
    const rows = await session.query(sql);
    found.push(...rows.map((row) => `${loss.kind} ${textColumn(row, 'name')}${where} (${loss.why})`));
  }
  return found;
}

async function ask<T>(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const options = { database, applicationName: 'firedrill losses', readOnly: true };
  return withSession(location, options, async (session) => {
    // Temporary tables of others keep the schema in their name.
    await session.query(`set search_path = ''`);
    return work(session);
  });
}
