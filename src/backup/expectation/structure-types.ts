import {
  comment,
  grants,
  inSchema,
  notOfExtension,
  object,
  owner,
  userMade,
  userSchema,
  type Has,
  type KindQueries,
} from './structure-sql.js';

const procedure = (column: string) => `nullif(${column}::regproc::text, '-')`;
const procedures = (alias: string, columns: readonly string[]) =>
  `jsonb_build_array(${columns.map((column) => procedure(`${alias}.${column}`)).join(', ')})`;
const operatorName = (oid: string) => `nullif(${oid}, 0)::regoperator::text`;

/** Functions, types, and everything that makes types behave. */
export const typeQueries: KindQueries = (has) => ({
  functions: `
    select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name, ${object(
      {
        definition: `case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end`,
        owner: owner('p.proowner'),
        grants: grants('p.proacl', 'f', 'p.proowner'),
        aggregate: aggregate,
        comment: comment('pg_proc', 'p.oid'),
      },
    )} as is
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace left join pg_aggregate a on a.aggfnoid = p.oid
     where ${userSchema} and ${notOfExtension('pg_proc', 'p.oid')}`,
  types: `
    select ${inSchema('t.typname')} as name, ${object({
      kind: 'jsonb_build_array(t.typtype, t.typisdefined)',
      owner: owner('t.typowner'),
      grants: grants('t.typacl', 'T', 't.typowner'),
      // Numbers instead of type names here would differ from cluster to cluster.
      base: `case when t.typtype = 'd' then jsonb_build_array(format_type(t.typbasetype, t.typtypmod), t.typnotnull) end`,
      default: 't.typdefault',
      collation: `nullif(t.typcollation, 0)::regcollation::text`,
      labels: `(select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)`,
      representation: baseType(has),
      range: rangeOf(has),
      comment: comment('pg_type', 't.oid'),
    })} as is
      from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_range r on r.rngtypid = t.oid
      left join pg_opclass o on o.oid = r.rngsubopc left join pg_namespace m on m.oid = o.opcnamespace
      left join pg_class c on c.oid = t.typrelid
     where (t.typtype in ('e', 'd', 'r', 'p') or (t.typtype = 'c' and c.relkind = 'c')
        or (t.typtype = 'b' and not exists (select from pg_type e where e.typarray = t.oid)))
       and ${userSchema} and ${notOfExtension('pg_type', 't.oid')}`,
  casts: `
    select format('%s as %s', k.castsource::regtype, k.casttarget::regtype) as name, ${object({
      definition: `jsonb_build_array(nullif(k.castfunc, 0)::regprocedure::text, k.castcontext, k.castmethod)`,
      comment: comment('pg_cast', 'k.oid'),
    })} as is
      from pg_cast k where ${userMade('k.oid')} and ${notOfExtension('pg_cast', 'k.oid')}`,
  operators: `
    select o.oid::regoperator::text as name, ${object({
      definition: `jsonb_build_array(o.oprcode::regprocedure::text, ${operatorName('o.oprcom')}, ${operatorName('o.oprnegate')},
        ${procedures('o', ['oprrest', 'oprjoin'])}, o.oprcanmerge, o.oprcanhash, o.oprresult::regtype::text)`,
      owner: owner('o.oprowner'),
      comment: comment('pg_operator', 'o.oid'),
    })} as is
      from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
     where o.oprcode <> 0 and ${userSchema} and ${notOfExtension('pg_operator', 'o.oid')}`,
  'operator families': `
    select format('%I.%I using %I', n.nspname, f.opfname, m.amname) as name, ${object({
      owner: owner('f.opfowner'),
      operators: `(select jsonb_agg(v order by v::text collate "C") from (select jsonb_build_array(o.amopstrategy, o.amoplefttype::regtype::text, o.amoprighttype::regtype::text, o.amoppurpose,
          o.amopopr::regoperator::text, (select s.opfname from pg_opfamily s where s.oid = o.amopsortfamily)) as v from pg_amop o where o.amopfamily = f.oid) q)`,
      functions: `(select jsonb_agg(v order by v::text collate "C") from (select jsonb_build_array(a.amprocnum, a.amproclefttype::regtype::text, a.amprocrighttype::regtype::text,
          a.amproc::oid::regprocedure::text) as v from pg_amproc a where a.amprocfamily = f.oid) q)`,
      comment: comment('pg_opfamily', 'f.oid'),
    })} as is
      from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace join pg_am m on m.oid = f.opfmethod
     where ${userSchema} and ${notOfExtension('pg_opfamily', 'f.oid')}`,
  'operator classes': `
    select format('%I.%I using %I', n.nspname, o.opcname, m.amname) as name, ${object({
      definition: `jsonb_build_array(o.opcintype::regtype::text, o.opcdefault, nullif(o.opckeytype, 0)::regtype::text,
        (select format('%I.%I', fn.nspname, f.opfname) from pg_opfamily f join pg_namespace fn on fn.oid = f.opfnamespace where f.oid = o.opcfamily))`,
      owner: owner('o.opcowner'),
      comment: comment('pg_opclass', 'o.oid'),
    })} as is
      from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace join pg_am m on m.oid = o.opcmethod
     where ${userSchema} and ${notOfExtension('pg_opclass', 'o.oid')}`,
  'access methods': `
    select format('%I', m.amname) as name, ${object({
      definition: `jsonb_build_array(m.amtype, ${procedure('m.amhandler')})`,
      comment: comment('pg_am', 'm.oid'),
    })} as is
      from pg_am m where ${userMade('m.oid')} and ${notOfExtension('pg_am', 'm.oid')}`,
  languages: `
    select format('%I', l.lanname) as name, ${object({
      definition: `jsonb_build_array(l.lanpltrusted, ${procedures('l', ['lanplcallfoid', 'laninline', 'lanvalidator'])})`,
      owner: owner('l.lanowner'),
      grants: grants('l.lanacl', 'l', 'l.lanowner'),
      comment: comment('pg_language', 'l.oid'),
    })} as is
      from pg_language l where ${userMade('l.oid')} and ${notOfExtension('pg_language', 'l.oid')}`,
  transforms: `
    select format('for %s language %I', f.trftype::regtype, l.lanname) as name, ${object({
      definition: `jsonb_build_array(nullif(f.trffromsql::oid, 0)::regprocedure::text, nullif(f.trftosql::oid, 0)::regprocedure::text)`,
      comment: comment('pg_transform', 'f.oid'),
    })} as is
      from pg_transform f join pg_language l on l.oid = f.trflang where ${notOfExtension('pg_transform', 'f.oid')}`,
  conversions: `
    select ${inSchema('c.conname')} as name, ${object({
      definition: `jsonb_build_array(pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), ${procedure('c.conproc')}, c.condefault)`,
      owner: owner('c.conowner'),
      comment: comment('pg_conversion', 'c.oid'),
    })} as is
      from pg_conversion c join pg_namespace n on n.oid = c.connamespace where ${userSchema} and ${notOfExtension('pg_conversion', 'c.oid')}`,
  collations: `
    select ${inSchema('c.collname')} as name, ${object({
      definition: `jsonb_build_array(c.collprovider, c.collisdeterministic, pg_encoding_to_char(c.collencoding))`,
      locale: `jsonb_build_array(${locale(has)})`,
      rules: has('pg_collation', 'collicurules') ? 'c.collicurules' : 'null',
      version: 'c.collversion',
      owner: owner('c.collowner'),
      comment: comment('pg_collation', 'c.oid'),
    })} as is
      from pg_collation c join pg_namespace n on n.oid = c.collnamespace where ${userSchema} and ${notOfExtension('pg_collation', 'c.oid')}`,
});

const aggregate = `case when p.prokind = 'a' then jsonb_build_array(pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.proparallel, a.aggkind, a.aggnumdirectargs,
        ${procedures('a', ['aggtransfn', 'aggfinalfn', 'aggcombinefn', 'aggserialfn', 'aggdeserialfn', 'aggmtransfn', 'aggminvtransfn', 'aggmfinalfn'])},
        a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify, a.aggmfinalmodify, ${operatorName('a.aggsortop')}, a.aggtranstype::regtype::text, a.aggtransspace,
        nullif(a.aggmtranstype, 0)::regtype::text, a.aggmtransspace, a.agginitval, a.aggminitval) end`;

function baseType(has: Has): string {
  const made = ['typinput', 'typoutput', 'typreceive', 'typsend', 'typmodin', 'typmodout', 'typanalyze'];
  const all = has('pg_type', 'typsubscript') ? [...made, 'typsubscript'] : made;
  return `case when t.typtype = 'b' then jsonb_build_array(${procedures('t', all)}, t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory, t.typispreferred, t.typdelim,
        nullif(t.typelem, 0)::regtype::text) end`;
}

function rangeOf(has: Has): string {
  const multirange = has('pg_range', 'rngmultitypid') ? 'r.rngmultitypid::regtype::text' : 'null';
  return `case when r.rngtypid is not null then jsonb_build_array(r.rngsubtype::regtype::text, nullif(r.rngcollation, 0)::regcollation::text,
        format('%I.%I', m.nspname, o.opcname), ${procedures('r', ['rngcanonical', 'rngsubdiff'])}, ${multirange}) end`;
}

/** The column was renamed twice. */
function locale(has: Has): string {
  const names = ['collcollate', 'collctype', 'colliculocale', 'colllocale'];
  return names.filter((name) => has('pg_collation', name)).join(', ');
}
