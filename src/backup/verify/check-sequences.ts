import {
  quoteName,
  textColumn,
  textOrNull,
  type ClusterLocation,
  type Session,
} from '../../postgres/index.js';
import { readSequences, sequencesBehind, type SequenceValues } from '../expectation/sequence-values.js';
import { insideEach } from './inside.js';
import { readExpected, type Restored } from './restored.js';
import { judge, type Outcome } from './verification.js';

/**
 * Test 7, the sequences: none behind its recorded value, and none that nobody recorded behind the column that it fills. Where the
 * source's own sequence was behind its column, as after a load with numbers of its own, the copy is too, and that is only said.
 */
export async function checkSequences({ location, set }: Restored): Promise<Outcome> {
  const expected = (await readExpected(set)).sequences;
  const found = await insideEach(location, async (session, database) =>
    compare(session, database, expected[database] ?? {}),
  );
  const gone = Object.keys(expected).filter((database) => !found.some((one) => one.database === database));
  const count = found.reduce((sum, one) => sum + one.count, 0);
  return judge(
    [...gone.map((name) => `database ${name} is missing`), ...found.flatMap((one) => one.problems)],
    [
      `${count} sequences: none behind its recorded value, ${found.reduce((sum, one) => sum + one.columns, 0)} compared with the column they fill`,
      ...found.flatMap((one) => one.notes),
    ],
  );
}

async function compare(session: Session, database: string, was: SequenceValues) {
  const is = await readSequences(session);
  const problems = sequencesBehind(was, is).map((one) => `${database}: ${one}`);
  const notes: string[] = [];
  const owned = await session.query(ownedQuery);
  for (const row of owned) {
    const name = textColumn(row, 'name');
    const now = is[name];
    if (now === undefined) continue;
    const highest = await highestOf(session, row, now.down);
    const last = now.last === null ? null : BigInt(now.last);
    const ahead = highest !== null && (last === null || (now.down ? highest < last : highest > last));
    if (!ahead) continue;
    const line = `${database}: sequence ${name} stands at ${now.last ?? 'its start'}, its column ${textColumn(row, 'table')}.${textColumn(row, 'column')} holds ${highest}`;
    if (was[name] === undefined) problems.push(line);
    else notes.push(`${line}: as in the source`);
  }
  return { database, problems, notes, count: Object.keys(is).length, columns: owned.length };
}

const ownedQuery = `
  select format('%I.%I', sn.nspname, s.relname) as name, format('%I.%I', tn.nspname, t.relname) as table, a.attname::text as column
    from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
    join pg_class t on t.oid = d.refobjid and t.relkind in ('r', 'p') join pg_namespace tn on tn.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
   where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
     and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) and s.relpersistence = 'p' and t.relpersistence = 'p'`;

async function highestOf(
  session: Session,
  row: Parameters<typeof textColumn>[0],
  down: boolean,
): Promise<bigint | null> {
  const column = quoteName(textColumn(row, 'column'));
  const [found] = await session.query(
    `select ${down ? 'min' : 'max'}(${column})::text as value from ${textColumn(row, 'table')}`,
  );
  const value = textOrNull(found, 'value');
  return value === null ? null : BigInt(value);
}

/** Test 7, the collations: an index made under another version of the library may be in the wrong order. */
export async function checkCollations(location: ClusterLocation): Promise<Outcome> {
  const found = await insideEach(location, async (session, database) => {
    const rows = await session.query(`select collname::text as name from pg_collation
      where collversion is not null and collversion <> pg_collation_actual_version(oid)`);
    const [has] = await session.query(`select exists (select from pg_attribute
      where attrelid = 'pg_database'::regclass and attname = 'datcollversion') as own`);
    const own =
      has?.['own'] === true
        ? await session.query(`select 'of the database'::text as name from pg_database where datname = current_database()
            and datcollversion is not null and datcollversion <> pg_database_collation_actual_version(oid)`)
        : [];
    return [...rows, ...own].map(
      (row) =>
        `${database}: collation ${textColumn(row, 'name')} was made with another version of its library`,
    );
  });
  return judge(found.flat(), ['collation versions as recorded']);
}
