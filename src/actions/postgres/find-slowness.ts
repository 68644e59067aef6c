import { findMissingObjects } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import {
  drawBlocking,
  findLongQueries,
  findStaleStatistics,
  isBackup,
  queryIdsOf,
  readConnectionSlots,
  watchBlocking,
} from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { asOutputs, bloatOutputs, bloatPreview, causesOf, lookForBloat, nameBloat } from './bloat.js';
import { connectionOutputs } from './connections.js';
import { asAdministrator, secondsOf } from './diagnosing.js';
import { longQueryArgs } from './long-queries.js';
import { chooseRelief, chooseRepair, summarise } from './slowness-suggestions.js';
import { sayStale } from './stale-statistics.js';

/** All of it in one look, so that the decision that follows has one suggestion for what to end and one for what to repair. */
export const postgresFindSlowness = defineAction({
  name: 'postgres.find-slowness',
  with: args({ database: { type: 'string' }, ...longQueryArgs }, ['database']),
  outputs: {
    ok: 'whether nothing was found that makes the service slow',
    causes: 'what was found, one line a cause',
    summary: 'the same in one sentence',
    relief: 'end-root-blocker, cancel-query, free-connections, end-horizon-holder or nothing-to-end',
    repair: 'rebuild-indexes, vacuum, analyze or nothing-to-repair',
    roots: 'sessions that everybody waits for, as pid@start',
    queries: 'queries that run for too long, or that everybody waits for, as pid@start/start',
    indexes: 'missing indexes, as schema.name',
    tables: 'tables of which the planner knows too little, as schema.name',
    ...bloatOutputs,
    hoarderUser: 'user of the client that holds half of all slots idle; empty: there is none',
    hoarderApplication: 'its application name',
    notLookedAt: 'what could not be looked at, and why',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Find out why ${shown(given['database'])} is slow: locks, long queries, missing indexes, the planner’s knowledge, dead rows, connections`,
  preview: () => [
    'SELECT …, pg_blocking_pids(pid) FROM pg_stat_activity',
    ...bloatPreview,
    'structure.json of the newest backup, compared with the catalogue',
  ],
  perform: async (given, { environment, signal, output }) => {
    const database = text(given['database']);
    const { store, trusted, postgres } = environment;
    const seen = await asAdministrator(environment, { database, readOnly: true }, async (session) => {
      const tree = await watchBlocking(session, { signal });
      return {
        tree,
        blocking: await queryIdsOf(session, tree.roots),
        long: await findLongQueries(session, secondsOf(given['seconds'], 60)),
        stale: await findStaleStatistics(session),
        bloat: await lookForBloat(environment, session),
        slots: await readConnectionSlots(session),
      };
    });
    const location = await postgres.current();
    const objects = await findMissingObjects({ store, trusted, location, database, signal }).catch(
      (failure: unknown) => {
        if (failure instanceof Failure && failure.reason !== 'cancelled') return failure;
        throw failure;
      },
    );
    const notLookedAt = objects instanceof Failure ? [`missing objects: ${objects.message}`] : [];
    const missing = objects instanceof Failure ? [] : objects.missing;
    const indexes = objects instanceof Failure ? [] : objects.indexes.map((one) => one.name);
    const { tree, stale, bloat, slots } = seen;
    // Found, and never proposed for its end.
    const long = seen.long.filter((one) => !isBackup(one.application));
    const named = nameBloat(bloat);
    const connections = connectionOutputs(slots);
    const causes = [
      ...(tree.roots.length + tree.prepared.length === 0 ? [] : drawBlocking(tree)),
      ...seen.long.map(
        (one) =>
          `${one.pid} ${one.user} (${one.application}) runs for ${(one.runningMs / 1000).toFixed(1)} s: ${one.query}`,
      ),
      ...missing.map((one) => `missing: ${one}`),
      ...stale.map(sayStale),
      ...causesOf(bloat),
      ...(connections['ok'] === true ? [] : [`${slots.used} of ${slots.slots} connection slots are taken`]),
    ];
    for (const line of [...causes, ...notLookedAt.map((one) => `not looked at: ${one}`)]) output(`${line}\n`);
    const slotsFree = connections['ok'] === true;
    const found = { tree, long, slotsFree, hoarder: slots.hoarder, holders: bloat.holders.sessions };
    const relief = chooseRelief(found);
    const repair = chooseRepair({ indexes, stale, bloated: named.bloatedTables });
    output(`suggestion: ${relief}, then ${repair}\n`);
    return {
      outputs: {
        ok: causes.length === 0 && notLookedAt.length === 0,
        causes,
        summary: summarise({ tree, long, missing, stale, bloat, slots, slotsFree }),
        relief,
        repair,
        roots: tree.roots.map((one) => one.id),
        queries: [...new Set([...seen.blocking, ...long.map((one) => one.id)])],
        indexes,
        tables: stale.map((one) => one.table),
        ...asOutputs(named),
        hoarderUser: slots.hoarder?.user ?? '',
        hoarderApplication: slots.hoarder?.application ?? '',
        notLookedAt,
      },
    };
  },
});
