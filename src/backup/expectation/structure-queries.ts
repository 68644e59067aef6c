/** Not the system's own: made by users or extensions. */
const userSchema = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
const comment = (catalog: string, oid: string) => `obj_description(${oid}, '${catalog}')`;

/**
 * Each query gives `name`, unique within its kind, and `is`, everything that defines the object, as JSON. Grants are sorted
 * text, because their order says nothing; owners stand by name, because numbers differ between clusters.
 */
const acl = (column: string) => `(select jsonb_agg(a::text order by a::text) from unnest(${column}) a)`;
const owner = (column: string) => `${column}::regrole::text`;

export const databaseQueries: { readonly [kind: string]: string } = {
  schemas: `
    select n.nspname::text as name, jsonb_build_array(${owner('n.nspowner')}, ${acl('n.nspacl')}, ${comment('pg_namespace', 'n.oid')}) as is
      from pg_namespace n where ${userSchema}`,
  tables: `
    select format('%I.%I', n.nspname, c.relname) as name,
           jsonb_build_array(c.relkind, c.relpersistence, ${owner('c.relowner')}, ${acl('c.relacl')}, c.relrowsecurity,
             c.relforcerowsecurity, c.reloptions, c.relreplident, ${comment('pg_class', 'c.oid')},
             pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
             (select jsonb_agg(inhparent::regclass::text order by inhseqno) from pg_inherits where inhrelid = c.oid),
             case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end) as is
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and ${userSchema}`,
  columns: `
    select format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
           jsonb_build_array(a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
             a.attcollation::regcollation::text, a.attstorage, ${acl('a.attacl')}, pg_get_expr(d.adbin, d.adrelid),
             col_description(c.oid, a.attnum)) as is
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and c.relpersistence <> 't'
       and ${userSchema}`,
  indexes: `
    select format('%I.%I', n.nspname, c.relname) as name,
           jsonb_build_array(pg_get_indexdef(c.oid), i.indisvalid, i.indisready, i.indisclustered, i.indisreplident,
             ${comment('pg_class', 'c.oid')}) as is
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${userSchema}`,
  constraints: `
    select format('%s %I.%I on %s', k.contype, n.nspname, k.conname, coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text)) as name,
           jsonb_build_array(pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred, ${comment('pg_constraint', 'k.oid')}) as is
      from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${userSchema}`,
  sequences: `
    select format('%I.%I', n.nspname, c.relname) as name,
           jsonb_build_array(s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle,
             ${owner('c.relowner')}, ${acl('c.relacl')},
             (select d.refobjid::regclass::text || '.' || d.refobjsubid from pg_depend d where d.objid = c.oid
                and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0)) as is
      from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace where ${userSchema}`,
  functions: `
    select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name,
           jsonb_build_array(case when p.prokind <> 'a' then pg_get_functiondef(p.oid) else p.prosrc end,
             ${owner('p.proowner')}, ${acl('p.proacl')}, ${comment('pg_proc', 'p.oid')}) as is
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${userSchema}`,
  triggers: `
    select format('%s %I', t.tgrelid::regclass, t.tgname) as name,
           jsonb_build_array(pg_get_triggerdef(t.oid), t.tgenabled, ${comment('pg_trigger', 't.oid')}) as is
      from pg_trigger t where not t.tgisinternal`,
  'event triggers': `
    select e.evtname::text as name, jsonb_build_array(e.evtevent, ${owner('e.evtowner')}, e.evtfoid::regproc::text, e.evtenabled, e.evttags) as is
      from pg_event_trigger e`,
  rules: `
    select format('%s %I', r.ev_class::regclass, r.rulename) as name, jsonb_build_array(pg_get_ruledef(r.oid), r.ev_enabled) as is
      from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace where ${userSchema}`,
  policies: `
    select format('%s %I', p.polrelid::regclass, p.polname) as name,
           jsonb_build_array(p.polcmd, p.polpermissive, (select jsonb_agg(q.r order by q.r) from (select case r when 0 then 'public' else r::regrole::text end as r from unnest(p.polroles) r) q),
             pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as is
      from pg_policy p`,
  types: `
    select format('%I.%I', n.nspname, t.typname) as name,
           jsonb_build_array(t.typtype, ${owner('t.typowner')}, ${acl('t.typacl')}, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
             (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid), ${comment('pg_type', 't.oid')}) as is
      from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('e', 'd', 'r') and ${userSchema}`,
  extensions: `
    select e.extname::text as name, jsonb_build_array(e.extversion, n.nspname) as is
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace`,
  'large objects': `
    select m.oid::text as name,
           jsonb_build_array(${owner('m.lomowner')}, ${acl('m.lomacl')}, ${comment('pg_largeobject', 'm.oid')},
             (select jsonb_agg(encode(sha256(l.data), 'hex') order by l.pageno) from pg_largeobject l where l.loid = m.oid)) as is
      from pg_largeobject_metadata m`,
  'default privileges': `
    select format('%s %s %s', d.defaclrole::regrole, coalesce(nullif(d.defaclnamespace, 0)::regnamespace::text, '*'), d.defaclobjtype) as name,
           jsonb_build_array(${acl('d.defaclacl')}) as is from pg_default_acl d`,
  publications: `
    select p.pubname::text as name, jsonb_build_array(p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
             (select jsonb_agg(r.prrelid::regclass::text order by r.prrelid::regclass::text) from pg_publication_rel r where r.prpubid = p.oid)) as is
      from pg_publication p`,
  collations: `
    select format('%I.%I', n.nspname, c.collname) as name, jsonb_build_array(c.collprovider, c.collcollate, c.collctype, c.collversion) as is
      from pg_collation c join pg_namespace n on n.oid = c.collnamespace where ${userSchema}`,
};

export const clusterQueries: { readonly [kind: string]: string } = {
  roles: `
    select r.rolname::text as name,
           jsonb_build_array(r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
             r.rolconnlimit, r.rolvaliduntil::text, a.rolpassword is not null, shobj_description(r.oid, 'pg_authid')) as is
      from pg_roles r join pg_authid a on a.oid = r.oid where r.rolname !~ '^pg_'`,
  memberships: `
    select m.member::regrole::text || ' in ' || m.roleid::regrole::text as name, jsonb_build_array(bool_or(m.admin_option)) as is
      from pg_auth_members m group by m.member, m.roleid`,
  'role settings': `
    select coalesce(nullif(s.setrole, 0)::regrole::text, '*') || ' in ' || coalesce((select datname::text from pg_database where oid = s.setdatabase), '*') as name,
           (select jsonb_agg(c order by c) from unnest(s.setconfig) c) as is from pg_db_role_setting s`,
  databases: `
    select d.datname::text as name,
           jsonb_build_array(${owner('d.datdba')}, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, ${acl('d.datacl')},
             shobj_description(d.oid, 'pg_database')) as is
      from pg_database d`,
  tablespaces: `
    select t.spcname::text as name, jsonb_build_array(${owner('t.spcowner')}, ${acl('t.spcacl')}, t.spcoptions) as is from pg_tablespace t`,
};
