import { findDamage } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresFindDamage = defineAction({
  name: 'postgres.find-damage',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: {
    ok: 'whether every table was read and nothing is damaged',
    damaged: 'damaged relations, as schema.name',
    damagedCount: 'how many',
    indexes: 'damaged indexes, as schema.name',
    table: 'the one damaged table, where it is one ordinary table',
    suggestion: 'indexes-only, one-table or whole; none when nothing is damaged',
    unreadTables: 'how many tables could not be read at all; never to be counted as sound',
    unchecked: 'what could not be looked at, and why',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Read every page of every table of ${shown(given['database'])} and check every B-tree index lightly`,
  preview: () => [
    'SELECT … FROM ONLY <table> (index scans off: every heap page is read)',
    'SELECT bt_index_check(<index>) (where amcheck is installed)',
  ],
  perform: async (given, { environment, signal, output }) => {
    const database = text(given['database']);
    const session = await environment.postgres.connect({ database });
    try {
      const report = await findDamage(session, { database, signal });
      for (const one of report.damaged) output(`damaged ${one.kind} ${one.relation}: ${one.error}\n`);
      for (const one of report.unchecked) output(`not checked: ${one.relation}: ${one.why}\n`);
      output(`looked at ${report.checked.heaps} heaps and ${report.checked.indexes} indexes\n`);
      const unreadTables = report.unchecked.filter((one) => one.kind === 'heap').length;
      return {
        outputs: {
          ok: report.damaged.length === 0 && unreadTables === 0,
          unreadTables,
          damaged: report.damaged.map((one) => one.relation),
          damagedCount: report.damaged.length,
          indexes: report.damaged.filter((one) => one.kind === 'index').map((one) => one.relation),
          table: report.table,
          suggestion: report.suggestion,
          unchecked: report.unchecked.map((one) => `${one.relation}: ${one.why}`),
        },
      };
    } finally {
      await session.end();
    }
  },
});
