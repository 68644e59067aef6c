import { Failure, type JsonObject } from '../../base/index.js';
import { compareLost, copyBack, type CopyBackRequest } from '../../postgres/index.js';
import type { ActionContext } from '../action.js';
import { args, defineAction, shown, text } from '../define.js';

const which = args(
  {
    database: { type: 'string' },
    xid: { type: 'string', description: 'number of the harmful transaction' },
    firstLsn: { type: 'string', description: 'where its first record lies in the log' },
    commitLsn: { type: 'string', description: 'where its commit record lies' },
  },
  ['database', 'xid', 'firstLsn', 'commitLsn'],
);

export const postgresCopyBack = defineAction({
  name: 'postgres.copy-back',
  with: which,
  outputs: {
    tables: 'each table: rows lost, put back, set back, right already, and in conflict',
    inserted: 'rows put back, all tables together',
    overwritten: 'rows that still held what the transaction wrote, and have their old values again',
    conflicting: 'rows changed by others since; none of them was touched',
    conflicts: 'the first hundred of those, with both values',
    done: 'everything that was done, in order',
  },
  effect: 'once',
  destroys: true,
  describe: (given) =>
    `Bring back only what transaction ${shown(given['xid'])} took away, from the side instance, in one transaction`,
  preview: (given) => [
    `pg_waldump (which rows transaction ${shown(given['xid'])} deleted or overwrote, which tables it emptied or dropped)`,
    'LOCK TABLE <tables> IN SHARE ROW EXCLUSIVE MODE',
    'ALTER TABLE … DISABLE TRIGGER (people’s triggers do not fire for rows that come back)',
    'COPY (<lost rows>) TO STDOUT on the side instance; INSERT … ON CONFLICT DO NOTHING here, referenced tables first',
    'UPDATE … only of rows that still hold what the transaction wrote',
    'ALTER TABLE … ENABLE TRIGGER; setval(…) for owned sequences, never back',
  ],
  perform: async (given, context) => {
    const { environment, output, attach } = context;
    const request = await requestOf(given, context);
    await environment.postgres.guard(
      `bring back what transaction ${text(given['xid'])} took`,
      request.target,
    );
    const { tables, done } = await copyBack({ ...request, output: (line) => output(`${line}\n`) });
    const sum = (name: 'inserted' | 'overwritten' | 'mended' | 'conflicting') =>
      tables.reduce((total, one) => total + one[name], 0);
    const conflicts = tables.flatMap(({ table, conflicts: some }) =>
      some.map((conflict): JsonObject => ({ table, conflict })),
    );
    const list = `${JSON.stringify(conflicts, null, 2)}\n`;
    const evidence = conflicts.length === 0 ? [] : [await attach('rows in conflict', list, 'json')];
    return {
      outputs: {
        tables: tables.map(({ conflicts: some, ...counts }) => ({ ...counts, named: some.length })),
        inserted: sum('inserted'),
        overwritten: sum('overwritten') + sum('mended'),
        conflicting: sum('conflicting'),
        conflicts: conflicts.slice(0, 100),
        done,
      },
      evidence,
    };
  },
});

export const postgresIsBack = defineAction({
  name: 'postgres.is-back',
  with: which,
  outputs: {
    ok: 'whether nothing is missing and nothing still holds what the transaction wrote',
    lost: 'rows that the transaction took away or overwrote',
    equal: 'of them, in the live tables again byte for byte',
    missing: 'of them, not there',
    stillBad: 'of them, still as the transaction left them',
    changedSince: 'of them, changed by others since: theirs was kept',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Compare every row that transaction ${shown(given['xid'])} took away, on the side instance, with the live table`,
  preview: () => [
    'SELECT <key>, sha256(record_send(t)) FROM ONLY <table> t WHERE ctid = ANY (<lost rows>), on the side instance',
    'SELECT <key>, sha256(record_send(t)) FROM ONLY <table> t (the same keys), on the live database',
  ],
  perform: async (given, context) => {
    const { environment, output } = context;
    const none = { lost: 0, equal: 0, missing: 0, stillBad: 0, changedSince: 0 };
    if ((await environment.postgres.find('side')) === null) {
      output('there is no side instance to compare with\n');
      return { outputs: { ok: false, ...none } };
    }
    const tables = await compareLost(await requestOf(given, context));
    for (const one of tables)
      output(
        `${one.table}: of ${one.lost} rows ${one.equal} are equal, ${one.missing} missing, ${one.stillBad} still bad, ${one.changedSince} changed since\n`,
      );
    const sum = (name: keyof typeof none) => tables.reduce((total, one) => total + one[name], 0);
    const counts = {
      lost: sum('lost'),
      equal: sum('equal'),
      missing: sum('missing'),
      stillBad: sum('stillBad'),
      changedSince: sum('changedSince'),
    };
    // Nothing to compare is no proof that something came back.
    const ok = counts.lost > 0 && counts.missing === 0 && counts.stillBad === 0;
    return { outputs: { ok, ...counts } };
  },
});

async function requestOf(given: JsonObject, context: ActionContext): Promise<CopyBackRequest> {
  const { postgres, tools, wal } = context.environment;
  const side = await postgres.find('side');
  if (side === null)
    throw new Failure('refused', 'there is no side instance to copy from', {
      hint: `Restore one first, with \`until: {xid: "${text(given['xid'])}"}\`.`,
    });
  const target = await postgres.current();
  return {
    ...{ tools, side, target, database: text(given['database']), slot: wal.slot, signal: context.signal },
    places: [wal.directory, `${target.dataDirectory}/pg_wal`],
    transaction: {
      xid: Number(text(given['xid'])),
      firstLsn: text(given['firstLsn']),
      commitLsn: text(given['commitLsn']),
    },
  };
}
