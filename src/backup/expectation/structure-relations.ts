import {
  comment,
  grants,
  inSchema,
  notOfExtension,
  object,
  owner,
  secretOptions,
  sortedOrNull,
  userSchema,
  type KindQueries,
} from './structure-sql.js';

const tablespace = (oid: string) => `(select spcname from pg_tablespace where oid = ${oid})`;

/** Schemas, and what is kept in tables. */
export const relationQueries: KindQueries = (has) => ({
  schemas: `
    select format('%I', n.nspname) as name, ${object({
      owner: owner('n.nspowner'),
      grants: grants('n.nspacl', 'n', 'n.nspowner'),
      comment: comment('pg_namespace', 'n.oid'),
    })} as is
      from pg_namespace n where ${userSchema} and ${notOfExtension('pg_namespace', 'n.oid')}`,
  tables: `
    select ${inSchema('c.relname')} as name, ${object({
      kind: 'c.relkind',
      persistence: 'c.relpersistence',
      owner: owner('c.relowner'),
      grants: grants('c.relacl', 'r', 'c.relowner'),
      'row security': `case when c.relrowsecurity or c.relforcerowsecurity then jsonb_build_array(c.relrowsecurity, c.relforcerowsecurity) end`,
      options: sortedOrNull('c.reloptions'),
      'toast options': sortedOrNull('o.reloptions'),
      'replica identity': `nullif(c.relreplident, 'd')`,
      'access method': `case when c.relkind <> 'p' then (select amname from pg_am where oid = c.relam) end`,
      tablespace: tablespace('c.reltablespace'),
      type: `nullif(c.reloftype, 0)::regtype::text`,
      'partition key': 'pg_get_partkeydef(c.oid)',
      'partition bound': 'pg_get_expr(c.relpartbound, c.oid)',
      parents: `(select jsonb_agg(inhparent::regclass::text order by inhseqno) from pg_inherits where inhrelid = c.oid)`,
      populated: `case when c.relkind = 'm' then c.relispopulated end`,
      definition: `case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end`,
      server: 's.srvname',
      'foreign options': secretOptions('f.ftoptions'),
      comment: comment('pg_class', 'c.oid'),
    })} as is
      from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_class o on o.oid = c.reltoastrelid
      left join pg_foreign_table f on f.ftrelid = c.oid left join pg_foreign_server s on s.oid = f.ftserver
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and ${userSchema} and ${notOfExtension('pg_class', 'c.oid')}`,
  columns: `
    select format('%I.%I.%I', n.nspname, c.relname, a.attname) as name, ${object({
      // What was dropped leaves a gap in the numbers, which a reload closes.
      position: 'a.position',
      type: 'format_type(a.atttypid, a.atttypmod)',
      'not null': 'nullif(a.attnotnull, false)',
      identity: `nullif(a.attidentity, '')`,
      generated: `nullif(a.attgenerated, '')`,
      collation: `case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end`,
      storage: 'nullif(a.attstorage, t.typstorage)',
      ...(has('pg_attribute', 'attcompression') ? { compression: `nullif(a.attcompression, '')` } : {}),
      'statistics target': 'nullif(a.attstattarget, -1)',
      options: sortedOrNull('a.attoptions'),
      'foreign options': secretOptions('a.attfdwoptions'),
      inherited: `case when a.attinhcount > 0 and not c.relispartition then a.attislocal end`,
      grants: grants('a.attacl', 'c', 'c.relowner'),
      default: 'pg_get_expr(d.adbin, d.adrelid)',
      comment: 'm.description',
    })} as is
      from (select *, row_number() over (partition by attrelid order by attnum) as position from pg_attribute
             where attnum > 0 and not attisdropped) a
      join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_description m on m.objoid = c.oid and m.classoid = 'pg_class'::regclass and m.objsubid = a.attnum
     where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and c.relpersistence <> 't' and ${userSchema}`,
  indexes: `
    select ${inSchema('c.relname')} as name, ${object({
      definition: 'pg_get_indexdef(c.oid)',
      valid: 'jsonb_build_array(i.indisvalid, i.indisready)',
      clustered: 'nullif(i.indisclustered, false)',
      'replica identity': 'nullif(i.indisreplident, false)',
      tablespace: tablespace('c.reltablespace'),
      parent: `(select inhparent::regclass::text from pg_inherits where inhrelid = c.oid)`,
      'statistics targets': `(select jsonb_agg(jsonb_build_array(attnum, attstattarget) order by attnum) from pg_attribute where attrelid = c.oid and attstattarget > -1)`,
      comment: comment('pg_class', 'c.oid'),
    })} as is
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where c.relpersistence <> 't' and ${userSchema}`,
  // A foreign key to a partitioned table has one more row for each partition there, with a name that the server makes up.
  constraints: `
    select format('%s %I.%I on %s', k.contype, n.nspname, k.conname, coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text)) as name, ${object(
      {
        definition: 'pg_get_constraintdef(k.oid)',
        validated: 'k.convalidated',
        deferrable: `case when k.condeferrable then jsonb_build_array(k.condeferrable, k.condeferred) end`,
        enabled: `(select jsonb_agg(t.tgenabled order by t.tgenabled) from pg_trigger t where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled <> 'O')`,
        comment: comment('pg_constraint', 'k.oid'),
      },
    )} as is
      from pg_constraint k join pg_namespace n on n.oid = k.connamespace left join pg_constraint p on p.oid = k.conparentid
     where ${userSchema} and (p.oid is null or k.contype <> 'f' or k.confrelid = p.confrelid)`,
  sequences: `
    select ${inSchema('c.relname')} as name, ${object({
      definition: `jsonb_build_array(s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)`,
      persistence: 'c.relpersistence',
      owner: owner('c.relowner'),
      grants: grants('c.relacl', 's', 'c.relowner'),
      'owned by': `(select format('%s %s.%I', d.deptype, d.refobjid::regclass, a.attname) from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
          where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0)`,
      comment: comment('pg_class', 'c.oid'),
    })} as is
      from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
     where c.relpersistence <> 't' and ${userSchema} and ${notOfExtension('pg_class', 'c.oid')}`,
  triggers: `
    select format('%s %I', t.tgrelid::regclass, t.tgname) as name, ${object({
      definition: 'pg_get_triggerdef(t.oid)',
      enabled: 't.tgenabled',
      comment: comment('pg_trigger', 't.oid'),
    })} as is
      from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal and c.relpersistence <> 't'`,
  rules: `
    select format('%s %I', r.ev_class::regclass, r.rulename) as name, ${object({
      definition: 'pg_get_ruledef(r.oid)',
      enabled: 'r.ev_enabled',
      comment: comment('pg_rewrite', 'r.oid'),
    })} as is
      from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
     where r.rulename <> '_RETURN' and c.relpersistence <> 't' and ${userSchema}`,
  policies: `
    select format('%s %I', p.polrelid::regclass, p.polname) as name, ${object({
      command: 'p.polcmd',
      permissive: 'p.polpermissive',
      roles: `(select jsonb_agg(q.r order by q.r collate "C") from (select case u when 0 then 'public' else u::regrole::text end as r from unnest(p.polroles) u) q)`,
      using: 'pg_get_expr(p.polqual, p.polrelid)',
      check: 'pg_get_expr(p.polwithcheck, p.polrelid)',
      comment: comment('pg_policy', 'p.oid'),
    })} as is
      from pg_policy p`,
  'extended statistics': `
    select ${inSchema('s.stxname')} as name, ${object({
      definition: 'pg_get_statisticsobjdef(s.oid)',
      target: has('pg_statistic_ext', 'stxstattarget') ? 'nullif(s.stxstattarget, -1)' : 'null',
      owner: owner('s.stxowner'),
      comment: comment('pg_statistic_ext', 's.oid'),
    })} as is
      from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where ${userSchema}`,
});
