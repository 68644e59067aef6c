import { Failure } from '../base/index.js';
import type { Between, BetweenRequest } from './between-clusters.js';
import { textColumn } from './column.js';
import { inboundKeys, remakeKey } from './foreign-keys.js';
import { runTool } from './run-tool.js';
import type { PostgresTools } from './tools.js';

export interface RecreateRequest extends BetweenRequest {
  readonly tools: PostgresTools;
}

/** How dropped tables come back: `begin` makes them empty and bare, `finish` gives them everything else once their rows are in. */
export interface Recreation {
  begin(): Promise<void>;
  finish(): Promise<void>;
}

/**
 * Makes dropped tables again as they are on the side instance: columns, owner, rights, sequences; then, with the rows in, indexes,
 * keys, triggers (which so never fire for a row that comes back), policies, their place in a partitioned table, the foreign keys of
 * others, and the views that went with them.
 */
export async function recreateTables(
  { source, target, note }: Between,
  request: RecreateRequest,
  tables: readonly string[],
): Promise<Recreation> {
  const views = await lostViews({ source, target }, tables);
  const dump = async (section: string): Promise<string> =>
    dumpSection(request, section, [...tables, ...views.map((view) => view.name)]);
  const run = async (sql: string): Promise<void> => {
    if (sql.trim() !== '') await target.query(sql);
    await target.query(`set local search_path = ''`);
  };
  const [before, after] = [await dump('pre-data'), await dump('post-data')];
  // A table that takes its place among partitions gets indexes from there: it must have brought its own before.
  const attach = [...before.matchAll(attaching), ...after.matchAll(attaching)].map(([line]) => line);
  return {
    begin: async () => {
      await run(before.replace(attaching, ''));
      note(`made ${tables.join(', ')} again, as on the side instance`);
      if (views.length > 0)
        note(`made ${views.map(({ name }) => name).join(', ')} again, which went with it`);
    },
    finish: async () => {
      await run(after.replace(attaching, ''));
      for (const line of attach) await run(line);
      note(`indexes, keys, triggers and policies of ${tables.join(', ')} are as on the side instance`);
      for (const table of tables)
        for (const key of await inboundKeys(source, table)) {
          if (tables.includes(key.table)) continue;
          await remakeKey(target, key);
          note(`put foreign key ${key.name} of ${key.table} back, every row checked`);
        }
      for (const view of views) if (view.filled) await run(`refresh materialized view ${view.name}`);
    },
  };
}

const attaching = /^ALTER (?:TABLE ONLY|INDEX) .* ATTACH PARTITION .*;$/gm;

interface View {
  readonly name: string;
  readonly filled: boolean;
}

/** Views of the side instance that read from these tables, directly or not, and are not on the target any more. */
async function lostViews(
  { source, target }: Pick<Between, 'source' | 'target'>,
  tables: readonly string[],
): Promise<View[]> {
  const rows = await source.query(
    `with recursive up as (
       select unnest($1::regclass[])::oid as oid
       union select r.ev_class from up join pg_depend d on d.refobjid = up.oid and d.refclassid = 'pg_class'::regclass
         join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass where r.ev_class <> up.oid)
     select format('%I.%I', n.nspname, c.relname) as name, c.relkind = 'm' and c.relispopulated as filled
       from up join pg_class c on c.oid = up.oid join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm') order by c.oid`,
    [[...tables]],
  );
  const lost: View[] = [];
  for (const row of rows) {
    const name = textColumn(row, 'name');
    const [now] = await target.query('select to_regclass($1) is null as lost', [name]);
    if (now?.['lost'] === true) lost.push({ name, filled: row['filled'] === true });
  }
  return lost;
}

async function dumpSection(
  { tools, side, database, sideDatabase, signal }: RecreateRequest,
  section: string,
  relations: readonly string[],
): Promise<string> {
  const said: Buffer[] = [];
  const patterns = relations.flatMap((name) => ['-t', name]);
  await runTool(tools, 'pg_dump', ['-w', `--section=${section}`, ...patterns, sideDatabase ?? database], {
    location: side,
    signal,
    splitErrors: true,
    onOutput: (chunk) => void said.push(Buffer.from(chunk)),
  });
  const text = Buffer.concat(said).toString('utf8');
  if (!text.includes('PostgreSQL database dump'))
    throw new Failure('check', `pg_dump said nothing about ${relations.join(', ')}`);
  // Newer versions fence a dump with commands of psql's, which no server understands.
  return text.replace(/^\\(?:un)?restrict .*$/gm, '');
}
