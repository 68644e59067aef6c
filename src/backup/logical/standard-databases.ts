import { connectTo, quoteName, type ClusterLocation } from '../../postgres/index.js';
import type { ClusterFacts, DatabaseFacts } from './cluster-facts.js';
import { makeDatabase } from './load-database.js';

/** These come with every new cluster. */
const standard = ['postgres', 'template1'];

/**
 * Makes a database of a new cluster, empty. Those that come with the cluster are taken as they are, or made anew where the
 * recorded ones had another encoding, locale or tablespace.
 */
export async function ensureDatabase(
  boot: ClusterLocation,
  { template }: ClusterFacts,
  facts: DatabaseFacts,
): Promise<void> {
  const isStandard = standard.includes(facts.name);
  const same =
    (['encoding', 'collate', 'ctype', 'provider', 'locale'] as const).every(
      (one) => facts[one] === template[one],
    ) && facts.tablespace === 'pg_default';
  if (isStandard && same) return;
  const from = facts.name === 'postgres' ? 'template1' : 'postgres';
  const session = await connectTo(boot, { database: from, applicationName: 'firedrill restore' });
  try {
    if (isStandard) {
      await session.query(`alter database ${quoteName(facts.name)} is_template false`);
      await session.query(`drop database ${quoteName(facts.name)}`);
    }
    await makeDatabase(session, facts, facts.name);
  } finally {
    await session.end();
  }
}

/** The cluster that was dumped may have had none of these. */
export async function dropUnknown(
  boot: ClusterLocation,
  names: readonly string[],
  needed: string,
): Promise<void> {
  if (names.includes('postgres') || needed === 'postgres' || !names.includes('template1')) return;
  const session = await connectTo(boot, { database: 'template1', applicationName: 'firedrill restore' });
  await session.query('drop database if exists postgres').finally(async () => session.end());
}
