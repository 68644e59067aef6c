import { analyzeTables, findStaleStatistics, type StaleTable } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { asAdministrator, names } from './diagnosing.js';

export const postgresStaleStatistics = defineAction({
  name: 'postgres.stale-statistics',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: {
    ok: 'whether the planner knows enough of every table',
    tables: 'tables of which a fifth of the rows changed since it last looked, as schema.name',
    count: 'how many',
    said: 'one line for each',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `Look for tables of ${shown(given['database'])} of which the planner knows too little`,
  preview: () => [
    'SELECT n_live_tup, n_mod_since_analyze, last_analyze, last_autoanalyze FROM pg_stat_user_tables',
  ],
  perform: async (given, { environment, output }) => {
    const found = await asAdministrator(
      environment,
      { database: text(given['database']), readOnly: true },
      findStaleStatistics,
    );
    const said = found.map(sayStale);
    for (const line of said) output(`${line}\n`);
    return {
      outputs: { ok: found.length === 0, tables: found.map((one) => one.table), count: found.length, said },
    };
  },
});

export function sayStale(one: StaleTable): string {
  const off = one.autovacuumOff ? ', and autovacuum is switched off for it' : '';
  return `${one.table}: ${one.changedSince} of ${one.rows} rows changed since ${one.analyzedAt ?? 'ever'}${off}`;
}

export const postgresAnalyze = defineAction({
  name: 'postgres.analyze',
  with: args(
    {
      database: { type: 'string' },
      tables: { type: 'array', items: { type: 'string' }, description: 'as schema.name' },
    },
    ['database', 'tables'],
  ),
  outputs: {
    analyzed: 'tables that were analysed',
    handedBack: 'those among them that autovacuum was switched off for, and is switched on again',
  },
  effect: 'idempotent',
  destroys: false,
  describe: (given) => `Let the planner look at ${shown(given['tables'])} again, and autovacuum after it`,
  preview: () => [
    'ANALYZE <table>',
    'ALTER TABLE <table> RESET (autovacuum_enabled) (where it was switched off)',
  ],
  perform: async (given, { environment, signal, output }) => {
    const location = await environment.postgres.current();
    await environment.postgres.guard('analyse tables', location);
    const target = { database: text(given['database']), location };
    const stop = { signal, connect: () => environment.postgres.connect(target) };
    const { analyzed, handedBack } = await asAdministrator(environment, target, (session) =>
      analyzeTables(session, names(given['tables'], 'tables'), stop),
    );
    output(`analysed ${analyzed.join(', ')}\n`);
    if (handedBack.length > 0) output(`autovacuum looks after ${handedBack.join(', ')} again\n`);
    return { outputs: { analyzed, handedBack } };
  },
});
