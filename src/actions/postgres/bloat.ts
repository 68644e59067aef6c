import type { JsonObject } from '../../base/index.js';
import {
  findBloat,
  findHorizonHolders,
  readNormalSizes,
  sayDead,
  sayHolder,
  saySwollen,
  type Bloat,
  type HorizonHolders,
  type Session,
} from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { Environment } from '../environment.js';
import { asAdministrator } from './diagnosing.js';

export const bloatOutputs = {
  bloatedTables: 'tables to be cleaned: full of dead rows, or with a swollen index, as schema.name',
  bloatedIndexes: 'indexes several times as large as their rows need, as schema.name',
  swollenTables: 'the same for tables; only writing them anew makes them smaller',
  holders:
    'sessions that idle in a transaction and keep dead rows by it, longest first, as pid@start~start of the transaction; empty: nothing waits for them',
  otherHolders:
    'what else keeps, or may keep, them and is not to be ended: backups, sessions at work, prepared transactions, replication slots, standbys',
};

export const postgresBloat = defineAction({
  name: 'postgres.bloat',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: {
    ok: 'whether no table is full of dead rows and no index is swollen; a table that is only large is no harm',
    count: 'how many are',
    deadCount: 'how many tables are full of dead rows',
    swollenCount: 'how many tables are several times as large as their rows need',
    ...bloatOutputs,
    said: 'one line for each finding',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Look for tables and indexes of ${shown(given['database'])} that are full of dead rows, and for who keeps those`,
  preview: () => bloatPreview,
  perform: async (given, { environment, output }) => {
    const found = await asAdministrator(
      environment,
      { database: text(given['database']), readOnly: true },
      (session) => lookForBloat(environment, session),
    );
    const said = sayBloat(found);
    for (const line of said) output(`${line}\n`);
    const named = nameBloat(found);
    const count = named.bloatedTables.length + named.bloatedIndexes.length;
    return {
      outputs: {
        ok: count === 0,
        count,
        deadCount: found.dead.length,
        swollenCount: named.swollenTables.length,
        ...asOutputs(named),
        said,
      },
    };
  },
});

export const bloatPreview = [
  'SELECT n_live_tup, n_dead_tup, last_vacuum, last_autovacuum FROM pg_stat_user_tables',
  'pg_relation_size of every table and index, compared with <baseline>, or with pg_stats',
  'SELECT … FROM pg_stat_activity WHERE backend_xmin IS NOT NULL; pg_prepared_xacts, pg_replication_slots',
];

export interface BloatFinding extends Bloat {
  /** Only where something waits to be removed: an open transaction alone is no harm. */
  readonly holders: HorizonHolders;
}

const nobody: HorizonHolders = { sessions: [], others: [] };

/** Sizes are held against the recorded baseline where there is one. */
export async function lookForBloat({ latency }: Environment, session: Session): Promise<BloatFinding> {
  const normal = latency === null ? null : readNormalSizes(latency.baselineFile);
  const bloat = await findBloat(session, normal);
  return { ...bloat, holders: bloat.dead.length === 0 ? nobody : await findHorizonHolders(session) };
}

/** As outputs name it. */
export function nameBloat({ dead, swollen, holders }: BloatFinding) {
  const indexes = swollen.filter((one) => one.index !== null);
  return {
    bloatedTables: [...new Set([...dead, ...indexes].map((one) => one.table))],
    bloatedIndexes: indexes.flatMap((one) => one.index ?? []),
    swollenTables: swollen.flatMap((one) => (one.index === null ? [one.table] : [])),
    holders: holders.sessions.flatMap((one) => (one.kind === 'idle' ? [one.id] : [])),
    otherHolders: [
      ...holders.sessions.filter((one) => one.kind !== 'idle').map(sayHolder),
      ...holders.others,
    ],
  };
}

export const asOutputs = (named: ReturnType<typeof nameBloat>): JsonObject => ({ ...named });

export function sayBloat(found: BloatFinding): string[] {
  const large = found.swollen.filter((one) => one.index === null);
  return [...causesOf(found), ...large.map(saySwollen)];
}

/** What slows anybody down: a table that is only large does not. */
export function causesOf({ dead, swollen, holders }: BloatFinding): string[] {
  const indexes = swollen.filter((one) => one.index !== null);
  return [
    ...dead.map(sayDead),
    ...indexes.map(saySwollen),
    ...holders.sessions.map(sayHolder),
    ...holders.others,
  ];
}
