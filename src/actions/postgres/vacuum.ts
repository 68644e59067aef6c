import { Failure, formatSize } from '../../base/index.js';
import {
  findHorizonHolders,
  isFullOfDead,
  sayHolder,
  vacuumTables,
  type Vacuumed,
} from '../../postgres/index.js';
import type { ActionContext, ActionResult } from '../action.js';
import { args, defineAction, shown, text } from '../define.js';
import { asAdministrator, names } from './diagnosing.js';

const given = {
  database: { type: 'string' },
  tables: { type: 'array', items: { type: 'string' }, description: 'as schema.name' },
};
const outputs = {
  cleaned: 'tables that were cleaned, with their sizes before and after',
  handedBack: 'those among them that autovacuum was switched off for, and is switched on again',
  tookMs: 'how long it took, in milliseconds',
};

/** Clients go on meanwhile. What is cleaned is used again, and not given back to the disk. */
export const postgresVacuum = defineAction({
  name: 'postgres.vacuum',
  with: args(given, ['database', 'tables']),
  outputs,
  effect: 'idempotent',
  destroys: false,
  describe: (args) =>
    `Remove the dead rows of ${shown(args['tables'])}, let the planner look at them, and autovacuum after them`,
  preview: () => [
    'VACUUM (ANALYZE) <table>',
    'ALTER TABLE <table> RESET (autovacuum_enabled) (where it was switched off)',
  ],
  perform: (args, context) => clean(args['database'], args['tables'], context, false),
});

/** The only way to give the room back; nobody can use the tables until it is through. */
export const postgresRewriteTables = defineAction({
  name: 'postgres.rewrite-tables',
  with: args(given, ['database', 'tables']),
  outputs,
  effect: 'idempotent',
  destroys: false,
  describe: (args) =>
    `Write ${shown(args['tables'])} and all their indexes anew; NOBODY can read or write them meanwhile`,
  preview: () => [
    'VACUUM (FULL, ANALYZE) <table> (ACCESS EXCLUSIVE: locks out everybody; needs the room for a second copy)',
    'ALTER TABLE <table> RESET (autovacuum_enabled) (where it was switched off)',
  ],
  perform: (args, context) => clean(args['database'], args['tables'], context, true),
});

async function clean(
  database: unknown,
  wanted: unknown,
  { environment, signal, output }: ActionContext,
  full: boolean,
): Promise<ActionResult> {
  const tables = names(wanted, 'tables');
  if (tables.length === 0)
    throw new Failure('invalid', 'there is no table to clean', {
      hint: 'Choose another way; the steps before say what was found.',
    });
  const location = await environment.postgres.current();
  await environment.postgres.guard(full ? 'write tables anew' : 'vacuum tables', location);
  const target = { database: text(database), location };
  const stop = { signal, connect: () => environment.postgres.connect(target) };
  return asAdministrator(environment, target, async (session) => {
    const done = await vacuumTables(session, tables, { full, stop });
    const cleaned = done.tables.map(
      (one) => `${one.table}: ${formatSize(one.beforeBytes)} before, ${formatSize(one.afterBytes)} after`,
    );
    for (const line of cleaned) output(`${line}\n`);
    if (done.handedBack.length > 0) output(`autovacuum looks after ${done.handedBack.join(', ')} again\n`);
    const { sessions, others } = await findHorizonHolders(session);
    requireClean(done, [...sessions.map(sayHolder), ...others]);
    return { outputs: { cleaned, handedBack: done.handedBack, tookMs: Math.round(done.durationMs) } };
  });
}

/** VACUUM says that all is well when it was allowed to remove nothing. */
function requireClean({ tables }: Vacuumed, holders: readonly string[]): void {
  const left = tables.filter(isFullOfDead);
  if (left.length === 0) return;
  const who = holders.length === 0 ? 'nobody who could be named' : holders.join('; ');
  throw new Failure(
    'check',
    `${left.map((one) => `${one.deadRows} dead rows of ${one.table}`).join(', ')} are still there: kept for ${who}`,
    {
      hint: 'End that transaction first (wait for a backup instead), then clean again; otherwise cleaning removes nothing.',
    },
  );
}
