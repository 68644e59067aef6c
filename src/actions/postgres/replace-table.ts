import { Failure } from '../../base/index.js';
import { replaceTable } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresReplaceTable = defineAction({
  name: 'postgres.replace-table',
  with: args(
    {
      database: { type: 'string' },
      table: { type: 'string', description: 'as in SQL: schema.name' },
      from: { type: 'string', enum: ['side'] },
    },
    ['database', 'table', 'from'],
  ),
  outputs: {
    rows: 'rows of the table now',
    hash: 'its content hash, equal to the side instance’s',
    done: 'everything that was done to it, in order',
  },
  effect: 'once',
  destroys: true,
  describe: (given) =>
    `Fill table ${shown(given['table'])} anew from the ${shown(given['from'])} instance, in one transaction`,
  preview: (given) => [
    `LOCK TABLE ONLY ${shown(given['table'])} IN ACCESS EXCLUSIVE MODE`,
    'pg_waldump --relation=… (refused when the table was changed after the side instance’s recovery ended)',
    `TRUNCATE ONLY ${shown(given['table'])}`,
    `COPY (SELECT … FROM ONLY ${shown(given['table'])}) TO STDOUT (FORMAT binary), on the side instance`,
    `COPY ${shown(given['table'])} FROM STDIN (FORMAT binary)`,
    'ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY (those that were taken off), every row checked',
  ],
  perform: async (given, { environment, signal, output }) => {
    const { postgres } = environment;
    const side = await postgres.find('side');
    if (side === null)
      throw new Failure('refused', 'there is no side instance to copy from', { hint: 'Restore one first.' });
    const target = await postgres.current();
    const table = text(given['table']);
    await postgres.guard(`replace the content of ${table}`, target);
    const result = await replaceTable({
      tools: environment.tools,
      walDirectory: environment.wal.directory,
      side,
      target,
      table,
      database: text(given['database']),
      signal,
      output: (line) => output(`${line}\n`),
    });
    return { outputs: { rows: result.rows, hash: result.hash, done: result.done } };
  },
});
