import { textColumn, type Row, type Session } from '../postgres/index.js';
import type { Harm } from './hurt-file.js';
import { requireServerInside } from './require-inside.js';

export interface HurtDatabase {
  /** A superuser's. */
  readonly session: Session;
  /** The server's data directory must lie inside this folder. */
  readonly allowedRoot: string;
}

const userMade = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relpersistence = 'p'
  and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')`;

/** Finds one object, harms it, and asks for it again: null when the database has none, and the harm only when it shows. */
async function harmOne(
  { session, allowedRoot }: HurtDatabase,
  find: string,
  harm: (row: Row) => Promise<Harm>,
): Promise<Harm | null> {
  await requireServerInside(session, allowedRoot);
  const [row] = await session.query(find);
  return row === undefined ? null : harm(row);
}

/** Takes every right on one table away from one role that is not its owner. */
export async function revokeGrant(request: HurtDatabase): Promise<Harm | null> {
  const find = `select format('%I.%I', n.nspname, c.relname) as table,
      case a.grantee when 0 then 'public' else a.grantee::regrole::text end as grantee
    from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
   where c.relkind in ('r', 'p', 'v', 'm') and a.grantee <> c.relowner and ${userMade} order by 1, 2 limit 1`;
  return harmOne(request, find, async (row) => {
    const [table, to] = [textColumn(row, 'table'), textColumn(row, 'grantee')];
    await request.session.query(`revoke all on ${table} from ${to} cascade`);
    return { done: `the rights of ${to} on ${table} taken away`, names: [table, 'grants'] };
  });
}

/** Drops one index that no constraint stands on. */
export async function dropIndex(request: HurtDatabase): Promise<Harm | null> {
  const find = `select format('%I.%I', n.nspname, c.relname) as name
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
   where i.indisvalid and not c.relispartition and c.relkind = 'i' and not i.indisreplident and ${userMade}
     and not exists (select from pg_constraint k where k.conindid = c.oid)
     and not exists (select from pg_inherits h where h.inhrelid = c.oid) order by 1 limit 1`;
  return harmOne(request, find, async (row) => {
    const name = textColumn(row, 'name');
    await request.session.query(`drop index ${name}`);
    return { done: `index ${name} dropped`, names: [`indexes ${name} is missing`] };
  });
}

/** Drops one foreign key, or else one check. */
export async function dropConstraint(request: HurtDatabase): Promise<Harm | null> {
  const find = `select format('%I.%I', n.nspname, c.relname) as table, quote_ident(k.conname) as name
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
   where k.contype in ('f', 'c') and k.conparentid = 0 and k.conislocal and k.coninhcount = 0 and not c.relispartition and ${userMade}
   order by k.contype desc, 1, 2 limit 1`;
  return harmOne(request, find, async (row) => {
    const [table, name] = [textColumn(row, 'table'), textColumn(row, 'name')];
    await request.session.query(`alter table ${table} drop constraint ${name} cascade`);
    return { done: `constraint ${name} of ${table} dropped`, names: ['constraints', name, 'is missing'] };
  });
}

export async function dropLargeObject(request: HurtDatabase): Promise<Harm | null> {
  const find = 'select oid::int8::text as oid from pg_largeobject_metadata order by 1 limit 1';
  return harmOne(request, find, async (row) => {
    const oid = textColumn(row, 'oid');
    await request.session.query(`select lo_unlink(${oid}::oid)`);
    return { done: `large object ${oid} dropped`, names: [`large objects ${oid} is missing`] };
  });
}

/** Drops one role that owns nothing and to which nothing points but rights, which go with it. */
export async function dropRole(request: HurtDatabase): Promise<Harm | null> {
  const find = `select r.rolname::text as role, quote_ident(r.rolname) as name from pg_roles r
   where r.oid >= 16384 and r.rolname <> current_user
     and not exists (select from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
                       and (d.deptype <> 'a' or d.dbid <> (select oid from pg_database where datname = current_database())))
     and not exists (select from pg_auth_members m where m.grantor = r.oid)
   order by 1 limit 1`;
  return harmOne(request, find, async (row) => {
    const name = textColumn(row, 'name');
    await request.session.query(`drop owned by ${name}; drop role ${name}`);
    return { done: `role ${name} dropped`, names: [`roles ${name} is missing`] };
  });
}

/** Sets one used sequence back to its start. */
export async function resetSequence(request: HurtDatabase): Promise<Harm | null> {
  const find = `select format('%I.%I', schemaname, sequencename) as name, start_value::text as start from pg_sequences
   where last_value is not null and not cycle order by 1 limit 1`;
  return harmOne(request, find, async (row) => {
    const [name, start] = [textColumn(row, 'name'), textColumn(row, 'start')];
    await request.session.query(`select setval($1::regclass, $2::int8, false)`, [name, start]);
    return { done: `sequence ${name} set back to its start`, names: [`sequence ${name} stands at`] };
  });
}
