import {
  grants,
  object,
  owner,
  secret,
  sharedComment,
  sorted,
  type Has,
  type KindQueries,
} from './structure-sql.js';

/** What belongs to the whole cluster, and which no dump of a database contains. */
export const clusterKinds: KindQueries = (has) => ({
  roles: `
    select format('%I', r.rolname) as name, ${object({
      attributes: `jsonb_build_array(r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls)`,
      'connection limit': 'nullif(r.rolconnlimit, -1)',
      'valid until': `(r.rolvaliduntil at time zone 'UTC')::text`,
      password: secret('r.rolpassword'),
      comment: sharedComment('pg_authid', 'r.oid'),
    })} as is
      from pg_authid r where r.rolname !~ '^pg_'`,
  memberships: `
    select m.member::regrole::text || ' in ' || m.roleid::regrole::text as name, ${object({
      options: `jsonb_agg(${membership(has)} order by ${membership(has)}::text collate "C")`,
    })} as is
      from pg_auth_members m join pg_roles u on u.oid = m.member left join pg_roles g on g.oid = m.grantor
     where u.rolname !~ '^pg_' group by m.member, m.roleid`,
  'role settings': `
    select coalesce(nullif(s.setrole, 0)::regrole::text, '*') || ' in ' || coalesce((select format('%I', datname) from pg_database where oid = s.setdatabase), '*') as name,
           ${object({ settings: sorted('s.setconfig') })} as is from pg_db_role_setting s`,
  databases: `
    select format('%I', d.datname) as name, ${object({
      owner: owner('d.datdba'),
      encoding: 'pg_encoding_to_char(d.encoding)',
      locale: `jsonb_build_array(d.datcollate, d.datctype, ${localeColumns(has)})`,
      'collation version': has('pg_database', 'datcollversion') ? 'd.datcollversion' : 'null',
      'connection limit': 'nullif(d.datconnlimit, -1)',
      connections: 'd.datallowconn',
      template: 'd.datistemplate',
      tablespace: '(select spcname from pg_tablespace where oid = d.dattablespace)',
      grants: grants('d.datacl', 'd', 'd.datdba'),
      comment: sharedComment('pg_database', 'd.oid'),
    })} as is
      from pg_database d`,
  tablespaces: `
    select format('%I', t.spcname) as name, ${object({
      owner: owner('t.spcowner'),
      grants: grants('t.spcacl', 't', 't.spcowner'),
      options: `case when t.spcoptions is not null then ${sorted('t.spcoptions')} end`,
      comment: sharedComment('pg_tablespace', 't.oid'),
    })} as is
      from pg_tablespace t`,
  ...(has('pg_parameter_acl')
    ? {
        'parameter grants': `
    select p.parname as name, ${object({ grants: sorted('p.paracl') })} as is from pg_parameter_acl p`,
      }
    : {}),
  'shared security labels': `
    select format('%s on %s %s', l.provider, l.objtype, l.objname) as name, ${object({ label: 'l.label' })} as is
      from pg_seclabels l where l.classoid in ('pg_authid'::regclass, 'pg_database'::regclass, 'pg_tablespace'::regclass)`,
});

/** From 16 on a membership has more options, and may be granted by several; before, the grantor may be gone. */
function membership(has: Has): string {
  const more = has('pg_auth_members', 'inherit_option') ? ', m.inherit_option, m.set_option' : '';
  return `jsonb_build_array(m.admin_option, g.rolname${more})`;
}

function localeColumns(has: Has): string {
  const names = ['datlocprovider', 'daticulocale', 'datlocale', 'daticurules'];
  const there = names.filter((name) => has('pg_database', name)).map((name) => `d.${name}`);
  return there.length === 0 ? 'null' : there.join(', ');
}
