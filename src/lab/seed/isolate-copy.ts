import {
  quoteName,
  textColumn,
  withSession,
  type ClusterLocation,
  type Session,
} from '../../postgres/index.js';

/**
 * Takes from a restored copy what could reach out of it: subscriptions are disabled, credentials for foreign servers dropped. What
 * was done, in words. Settings that archive, replicate or preload are no business of this: see `seededSettings`.
 */
export async function isolateCopy(location: ClusterLocation): Promise<string[]> {
  const databases = await withSession(location, { applicationName: 'firedrill lab' }, async (session) => {
    const rows = await session.query('select datname from pg_database where datallowconn order by 1');
    return rows.map((row) => textColumn(row, 'datname'));
  });
  const done: string[] = [];
  for (const database of databases) {
    await withSession(location, { database, applicationName: 'firedrill lab' }, async (session) => {
      // The organisation's own event triggers have no say in this copy.
      await session.query('set session_replication_role = replica');
      const subscriptions = await disableSubscriptions(session);
      const mappings = await dropMappings(session);
      if (subscriptions > 0) done.push(`${subscriptions} subscriptions of ${database} disabled`);
      if (mappings > 0) done.push(`${mappings} user mappings of foreign servers in ${database} dropped`);
    });
  }
  return done;
}

async function disableSubscriptions(session: Session): Promise<number> {
  const rows = await session.query(
    `select subname from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())`,
  );
  for (const row of rows) {
    const name = quoteName(textColumn(row, 'subname'));
    await session.query(`alter subscription ${name} disable`);
    // Or the slot on the other side would be reached for when the subscription is dropped.
    await session.query(`alter subscription ${name} set (slot_name = none)`);
  }
  return rows.length;
}

async function dropMappings(session: Session): Promise<number> {
  const rows = await session.query('select srvname, usename from pg_user_mappings');
  for (const row of rows) {
    const user = textColumn(row, 'usename');
    const server = quoteName(textColumn(row, 'srvname'));
    await session.query(
      `drop user mapping if exists for ${user === 'public' ? 'public' : quoteName(user)} server ${server}`,
    );
  }
  return rows.length;
}
