import { Failure } from '../../base/index.js';
import {
  quoteName,
  readFromHeap,
  textColumn,
  type ClusterLocation,
  type Row,
  type Session,
} from '../../postgres/index.js';
import { everyProcessor } from './every-processor.js';
import { insideEach } from './inside.js';
import { judge, type Outcome } from './verification.js';

/**
 * Test 7, the foreign keys: each one is asked for with a query of its own. The catalogue only remembers that it held once, and no
 * recovery looks again.
 */
export async function checkForeignKeys(restored: ClusterLocation): Promise<Outcome> {
  let count = 0;
  const off: string[] = [];
  const problems = await insideEach(restored, async (session, database) => {
    const keys = await session.query(keysQuery);
    const found: string[] = [];
    for (const key of keys) {
      const label = `${textColumn(key, 'name')} of ${textColumn(key, 'child')} in ${database}`;
      if (key['off'] === true) off.push(label);
      else {
        count += 1;
        found.push(...(await orphans(session, key, label)));
      }
    }
    return found;
  });
  return judge(problems.flat(), [
    `${count} foreign keys asked for row by row: nothing points nowhere`,
    ...(off.length === 0 ? [] : [`not covered, because the source did not enforce them: ${off.join(', ')}`]),
  ]);
}

const names = (columns: string, table: string) =>
  `(select array_agg(a.attname::text order by u.at) from unnest(${columns}) with ordinality u(num, at)
      join pg_attribute a on a.attrelid = ${table} and a.attnum = u.num)`;

/** At the top of partition trees only: asking the top asks every partition. */
const keysQuery = `
  select k.conname::text as name, format('%I.%I', cn.nspname, c.relname) as child, format('%I.%I', pn.nspname, p.relname) as parent,
         c.relkind = 'p' as "childTree", p.relkind = 'p' as "parentTree", k.confmatchtype = 'f' as full,
         ${names('k.conkey', 'k.conrelid')} as "from", ${names('k.confkey', 'k.confrelid')} as "to",
         (select array_agg(format('operator(%I.%s)', n.nspname, o.oprname) order by u.at) from unnest(k.conpfeqop) with ordinality u(op, at)
            join pg_operator o on o.oid = u.op join pg_namespace n on n.oid = o.oprnamespace) as operators,
         exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D') as off
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace cn on cn.oid = c.relnamespace
    join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
   where k.contype = 'f' and k.convalidated and k.conparentid = 0 order by 2, 1`;

async function orphans(session: Session, key: Row, label: string): Promise<string[]> {
  const [from, to, operators] = [list(key['from']), list(key['to']), list(key['operators'])];
  const only = (tree: unknown, table: string) => (tree === true ? table : `only ${table}`);
  const same = from.map(
    (column, at) => `p.${quoteName(to[at] ?? '')} ${operators[at] ?? '='} c.${quoteName(column)}`,
  );
  const given = from.map((column) => `c.${quoteName(column)} is not null`);
  const sql = `select count(*)::text as rows from ${only(key['childTree'], textColumn(key, 'child'))} c
     where (${given.join(key['full'] === true ? ' or ' : ' and ')})
       and not exists (select from ${only(key['parentTree'], textColumn(key, 'parent'))} p where ${same.join(' and ')})`;
  try {
    const [row] = await session.transaction(
      async (sub) => {
        await readFromHeap(sub);
        await sub.query(everyProcessor);
        return sub.query(sql);
      },
      { readOnly: true },
    );
    const rows = textColumn(row, 'rows');
    return rows === '0' ? [] : [`foreign key ${label}: ${rows} rows point at nothing`];
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return [`foreign key ${label} cannot be asked for: ${failure.message}`];
  }
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
