import { quoteName, textColumn, type Session } from '../postgres/index.js';
import type { Harm } from './hurt-file.js';
import type { HurtDatabase } from './drop-objects.js';
import { requireServerInside } from './require-inside.js';

/** Deletes the first row of a table as it lies there; nothing follows from it, as if it had never been. Null when it has none. */
export async function deleteRow({
  session,
  allowedRoot,
  table,
}: HurtDatabase & { readonly table: string }): Promise<Harm | null> {
  await requireServerInside(session, allowedRoot);
  const rows = await silently(session, async (inside) =>
    inside.query(
      `with one as (select tableoid as t, ctid as c from ${table} limit 1)
       delete from ${table} d using one where d.tableoid = one.t and d.ctid = one.c returning d.ctid::text as at`,
    ),
  );
  const [row] = rows;
  return row === undefined
    ? null
    : { done: `one row of ${table}, at ${textColumn(row, 'at')}, deleted`, names: [table] };
}

/** Deletes a row that others point at, behind the foreign key's back. Null when no key is in use. */
export async function orphanRows({ session, allowedRoot }: HurtDatabase): Promise<Harm | null> {
  await requireServerInside(session, allowedRoot);
  const keys = await session.query(`
    select k.conname::text as key, format('%I.%I', cn.nspname, c.relname) as child, format('%I.%I', pn.nspname, p.relname) as parent,
           (select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum = k.conkey[1]) as from,
           (select a.attname::text from pg_attribute a where a.attrelid = p.oid and a.attnum = k.confkey[1]) as to
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace cn on cn.oid = c.relnamespace
      join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
     where k.contype = 'f' and k.convalidated and k.conparentid = 0 and cardinality(k.conkey) = 1 and c.oid <> p.oid
       and not exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D') order by 2, 1`);
  for (const key of keys) {
    const [child, parent, name] = [
      textColumn(key, 'child'),
      textColumn(key, 'parent'),
      textColumn(key, 'key'),
    ];
    const [from, to] = [quoteName(textColumn(key, 'from')), quoteName(textColumn(key, 'to'))];
    const rows = await silently(session, async (inside) =>
      inside.query(
        `delete from ${parent} where ${to} = (select p.${to} from ${child} c join ${parent} p on p.${to} = c.${from} limit 1) returning 1 as one`,
      ),
    );
    if (rows.length > 0)
      return {
        done: `a row of ${parent} that ${child} points at deleted behind the back of ${name}`,
        names: [`foreign key ${name} of ${child}`],
      };
  }
  return null;
}

/** From now on every session of the server can only read. */
export async function forbidWrites({ session, allowedRoot }: HurtDatabase): Promise<Harm> {
  await requireServerInside(session, allowedRoot);
  await session.query('alter system set default_transaction_read_only = on');
  await session.query('select pg_reload_conf()');
  return { done: 'every transaction made read only', names: ['read-only transaction'] };
}

/** Without triggers, rules and foreign keys, as rot works. */
async function silently<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  return session.transaction(async (inside) => {
    await inside.query(`set local session_replication_role = replica; set local row_security = off`);
    return work(inside);
  });
}
