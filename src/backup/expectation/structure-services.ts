import {
  comment,
  grants,
  inSchema,
  notOfExtension,
  object,
  owner,
  secret,
  secretOptions,
  sorted,
  sortedOrNull,
  userSchema,
  type Has,
  type KindQueries,
} from './structure-sql.js';

/** What reaches beyond the database's own tables: extensions, foreign data, replication, text search, events, rights to come. */
export const serviceQueries: KindQueries = (has) => ({
  'event triggers': `
    select format('%I', e.evtname) as name, ${object({
      definition: `jsonb_build_array(e.evtevent, e.evtfoid::regproc::text, ${sortedOrNull('e.evttags')})`,
      enabled: 'e.evtenabled',
      owner: owner('e.evtowner'),
      comment: comment('pg_event_trigger', 'e.oid'),
    })} as is
      from pg_event_trigger e where ${notOfExtension('pg_event_trigger', 'e.oid')}`,
  extensions: `
    select format('%I', e.extname) as name, ${object({
      version: 'e.extversion',
      schema: 'n.nspname',
      owner: owner('e.extowner'),
      comment: comment('pg_extension', 'e.oid'),
    })} as is
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace`,
  'extension objects': `
    select i.type || ' ' || i.identity as name, ${object({ extension: 'e.extname', grants: memberGrants })} as is
      from pg_depend d join pg_extension e on e.oid = d.refobjid, pg_identify_object(d.classid, d.objid, d.objsubid) i
     where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass`,
  // What a fresh cluster has is left out; `revoke execute on function pg_sleep from public` is not.
  'grants on system objects': `
    select i.type || ' ' || i.identity as name, ${object({ grants: sorted('o.acl') })} as is
      from (${systemGrants}) o join pg_namespace n on n.oid = o.namespace and (n.nspname = 'pg_catalog' or n.nspname = 'information_schema')
      left join pg_init_privs v on v.classoid = o.class and v.objoid = o.oid and v.objsubid = o.sub, pg_identify_object(o.class, o.oid, o.sub) i
     where ${sorted('o.acl')} is distinct from ${sorted('coalesce(v.initprivs, o.usual)')} and not exists (select from pg_depend x where x.classid = o.class and x.objid = o.oid and x.deptype = 'e')`,
  'foreign-data wrappers': `
    select format('%I', f.fdwname) as name, ${object({
      definition: `jsonb_build_array(nullif(f.fdwhandler, 0)::regproc::text, nullif(f.fdwvalidator, 0)::regproc::text)`,
      options: secretOptions('f.fdwoptions'),
      owner: owner('f.fdwowner'),
      grants: grants('f.fdwacl', 'F', 'f.fdwowner'),
      comment: comment('pg_foreign_data_wrapper', 'f.oid'),
    })} as is
      from pg_foreign_data_wrapper f where ${notOfExtension('pg_foreign_data_wrapper', 'f.oid')}`,
  'foreign servers': `
    select format('%I', s.srvname) as name, ${object({
      definition: `jsonb_build_array(f.fdwname, s.srvtype, s.srvversion)`,
      options: secretOptions('s.srvoptions'),
      owner: owner('s.srvowner'),
      grants: grants('s.srvacl', 'S', 's.srvowner'),
      comment: comment('pg_foreign_server', 's.oid'),
    })} as is
      from pg_foreign_server s join pg_foreign_data_wrapper f on f.oid = s.srvfdw where ${notOfExtension('pg_foreign_server', 's.oid')}`,
  'user mappings': `
    select format('for %s server %I', case m.umuser when 0 then 'public' else m.umuser::regrole::text end, s.srvname) as name, ${object(
      { options: secretOptions('m.umoptions') },
    )} as is
      from pg_user_mapping m join pg_foreign_server s on s.oid = m.umserver`,
  publications: `
    select format('%I', p.pubname) as name, ${object({
      definition: `jsonb_build_array(p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot)`,
      ...(has('pg_publication', 'pubgencols') ? { 'generated columns': 'p.pubgencols::text' } : {}),
      owner: owner('p.pubowner'),
      tables: publishedTables(has),
      ...(has('pg_publication_namespace')
        ? {
            schemas: `(select jsonb_agg(s.pnnspid::regnamespace::text order by s.pnnspid::regnamespace::text collate "C") from pg_publication_namespace s where s.pnpubid = p.oid)`,
          }
        : {}),
      comment: comment('pg_publication', 'p.oid'),
    })} as is
      from pg_publication p`,
  subscriptions: `
    select format('%I', s.subname) as name, ${object({
      connection: secret('s.subconninfo'),
      enabled: 's.subenabled',
      publications: sorted('s.subpublications'),
      // All the rest by name, whatever it is called in this version.
      options: `to_jsonb(s) - array['oid', 'subdbid', 'subname', 'subowner', 'subconninfo', 'subenabled', 'subpublications', 'subskiplsn']`,
      owner: owner('s.subowner'),
      comment: comment('pg_subscription', 's.oid'),
    })} as is
      from pg_subscription s where s.subdbid = (select oid from pg_database where datname = current_database())`,
  'large objects': `
    select m.oid::text as name, ${object({
      owner: owner('m.lomowner'),
      grants: grants('m.lomacl', 'L', 'm.lomowner'),
      content: largeObject,
      comment: comment('pg_largeobject', 'm.oid'),
    })} as is
      from pg_largeobject_metadata m`,
  'default privileges': `
    select format('%s %s %s', d.defaclrole::regrole, coalesce(nullif(d.defaclnamespace, 0)::regnamespace::text, '*'), d.defaclobjtype) as name,
           ${object({ grants: sorted('d.defaclacl') })} as is from pg_default_acl d`,
  'text search parsers': `
    select ${inSchema('p.prsname')} as name, ${object({
      definition: `jsonb_build_array(p.prsstart::regproc::text, p.prstoken::regproc::text, p.prsend::regproc::text, p.prsheadline::regproc::text, p.prslextype::regproc::text)`,
      comment: comment('pg_ts_parser', 'p.oid'),
    })} as is
      from pg_ts_parser p join pg_namespace n on n.oid = p.prsnamespace where ${userSchema} and ${notOfExtension('pg_ts_parser', 'p.oid')}`,
  'text search templates': `
    select ${inSchema('t.tmplname')} as name, ${object({
      definition: `jsonb_build_array(t.tmplinit::regproc::text, t.tmpllexize::regproc::text)`,
      comment: comment('pg_ts_template', 't.oid'),
    })} as is
      from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace where ${userSchema} and ${notOfExtension('pg_ts_template', 't.oid')}`,
  'text search dictionaries': `
    select ${inSchema('d.dictname')} as name, ${object({
      definition: `jsonb_build_array(m.nspname, t.tmplname, d.dictinitoption)`,
      owner: owner('d.dictowner'),
      comment: comment('pg_ts_dict', 'd.oid'),
    })} as is
      from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace join pg_ts_template t on t.oid = d.dicttemplate
      join pg_namespace m on m.oid = t.tmplnamespace where ${userSchema} and ${notOfExtension('pg_ts_dict', 'd.oid')}`,
  'text search configurations': `
    select ${inSchema('c.cfgname')} as name, ${object({
      parser: `jsonb_build_array(m.nspname, p.prsname)`,
      mappings: `(select jsonb_agg(jsonb_build_array(m.maptokentype, m.mapseqno, m.mapdict::regdictionary::text) order by m.maptokentype, m.mapseqno) from pg_ts_config_map m where m.mapcfg = c.oid)`,
      owner: owner('c.cfgowner'),
      comment: comment('pg_ts_config', 'c.oid'),
    })} as is
      from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace join pg_ts_parser p on p.oid = c.cfgparser
      join pg_namespace m on m.oid = p.prsnamespace where ${userSchema} and ${notOfExtension('pg_ts_config', 'c.oid')}`,
  'security labels': `
    select format('%s on %s %s', l.provider, l.objtype, l.objname) as name, ${object({ label: 'l.label' })} as is from pg_seclabels l where l.classoid not in ('pg_authid'::regclass, 'pg_database'::regclass, 'pg_tablespace'::regclass)`,
});

/** The catalogues whose objects carry rights, and the letter of `acldefault` for each. */
const withRights = [
  ['pg_class', 'relacl', 'r', 'relowner', 'relnamespace'],
  ['pg_proc', 'proacl', 'f', 'proowner', 'pronamespace'],
  ['pg_type', 'typacl', 'T', 'typowner', 'typnamespace'],
  ['pg_namespace', 'nspacl', 'n', 'nspowner', 'oid'],
  ['pg_language', 'lanacl', 'l', 'lanowner', `'pg_catalog'::regnamespace`],
  ['pg_foreign_data_wrapper', 'fdwacl', 'F', 'fdwowner', null],
  ['pg_foreign_server', 'srvacl', 'S', 'srvowner', null],
] as const;

const memberGrants = `case d.classid ${withRights
  .map(
    ([catalog, acl, type, owns]) =>
      `when '${catalog}'::regclass then (select ${grants(`o.${acl}`, type, `o.${owns}`)} from ${catalog} o where o.oid = d.objid)`,
  )
  .join(' ')} end`;

/**
 * Oids below are the fresh cluster's own. Its rights are on record, but not those of information_schema, which everybody may read
 * from the start.
 */
const systemGrants = [
  ...withRights.flatMap(([catalog, acl, type, owns, namespace]) => {
    if (namespace === null) return [];
    const read = { pg_class: 'SELECT', pg_namespace: 'USAGE' }[catalog as string];
    const everybody = read === undefined ? '' : ` || makeaclitem(0, ${owns}, '${read}', false)`;
    return [
      `select '${catalog}'::regclass::oid as class, oid, 0 as sub, ${namespace} as namespace, ${acl} as acl, acldefault('${type}', ${owns})${everybody} as usual from ${catalog} where ${acl} is not null and oid < 16384`,
    ];
  }),
  `select 'pg_class'::regclass::oid, c.oid, a.attnum::int, c.relnamespace, a.attacl, null from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attacl is not null and c.oid < 16384`,
].join(' union all ');

/**
 * A hash over the pages. Holes and zeros mean the same to a reader, so zeros at a page's end and empty pages do not count; a
 * leading byte keeps the trimming to the end.
 */
const page = `btrim('\\x01'::bytea || l.data, '\\x00'::bytea)`;
const largeObject = `(select jsonb_build_array(max(l.pageno::bigint * 2048 + length(l.data)), encode(sha256(convert_to(coalesce(string_agg(l.pageno || ':' || encode(sha256(${page}), 'hex'), ',' order by l.pageno)
        filter (where ${page} <> '\\x01'), ''), 'UTF8')), 'hex')) from pg_largeobject l where l.loid = m.oid)`;

function publishedTables(has: Has): string {
  const filtered = has('pg_publication_rel', 'prqual')
    ? `, pg_get_expr(r.prqual, r.prrelid), (select jsonb_agg(a.attname order by a.attname collate "C") from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any(r.prattrs))`
    : ', null, null';
  return `(select jsonb_agg(jsonb_build_array(r.prrelid::regclass::text${filtered}) order by r.prrelid::regclass::text collate "C") from pg_publication_rel r where r.prpubid = p.oid)`;
}
