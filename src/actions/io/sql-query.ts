import type { Json } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const sqlQuery = defineAction({
  name: 'sql.query',
  with: args(
    {
      sql: { type: 'string', description: 'one statement that reads; runs in a read-only transaction' },
      values: { type: 'array', description: 'bound parameters $1, $2, …' },
      database: { type: 'string' },
    },
    ['sql'],
  ),
  outputs: {
    ok: 'whether the first column of the first row is true',
    rows: 'number of rows',
    first: 'first column of the first row',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `Read from the database: ${shown(given['sql'])}`,
  preview: (given) => [shown(given['sql'])],
  perform: async (given, { environment, output }) => {
    const database = given['database'];
    const session = await environment.postgres.connect({
      readOnly: true,
      ...(typeof database === 'string' ? { database } : {}),
    });
    try {
      const rows = await session.transaction(
        (inside) => inside.query(text(given['sql']), (given['values'] ?? []) as readonly Json[]),
        { readOnly: true },
      );
      for (const row of rows.slice(0, 200)) output(`${JSON.stringify(row)}\n`);
      const first = rows[0] === undefined ? null : (Object.values(rows[0])[0] ?? null);
      return { outputs: { ok: first === true, rows: rows.length, first } };
    } finally {
      await session.end();
    }
  },
});
