import { textColumn, textOrNull } from './column.js';
import type { Session } from './session.js';

/**
 * A sequence that a table owns must not hand out what rows already have: it is moved on to whatever is furthest, its own place, that
 * on the side instance, or its column's furthest value. Never back. Says what it moved, a line each.
 */
export async function liftOwnedSequences(source: Session, target: Session, table: string): Promise<string[]> {
  const owned = await target.query(
    `select distinct format('%I.%I', n.nspname, c.relname) as sequence, quote_ident(a.attname) as column, s.seqincrement < 0 as down
       from (select relid from pg_partition_tree($1::regclass) union select $1::regclass) tree(relid)
       join pg_depend d on d.refobjid = tree.relid and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
       join pg_class c on c.oid = d.objid and c.relkind = 'S' join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       join pg_sequence s on s.seqrelid = c.oid
      where d.deptype in ('a', 'i') order by 1`,
    [table],
  );
  const moved: string[] = [];
  for (const row of owned) {
    const [sequence, column, down] = [
      textColumn(row, 'sequence'),
      textColumn(row, 'column'),
      row['down'] === true,
    ];
    const [furthest, beyond] = down ? ['min', '<'] : ['max', '>'];
    const [there] = await source.query('select pg_sequence_last_value(to_regclass($1))::text as last', [
      sequence,
    ]);
    const [lifted] = await target.query(
      `select setval($1::regclass, m.far)::text as to
         from (select ${furthest}(v) as far from (select ${furthest}(${column})::bigint as v from ${table} union all select $2::bigint) a) m
        where m.far is not null and (pg_sequence_last_value($1::regclass) is null or m.far ${beyond} pg_sequence_last_value($1::regclass))`,
      [sequence, textOrNull(there, 'last')],
    );
    const to = textOrNull(lifted, 'to');
    if (to !== null) moved.push(`moved sequence ${sequence} on to ${to}`);
  }
  return moved;
}
