import { canonicalJson, Failure } from '../base/index.js';
import { textColumn, textOrNull } from './column.js';
import { quoteLiteral, quoteName } from './quote.js';
import type { Session } from './session.js';

/** Settings whose value is a list of names, kept with the quotes already in it (guc_tables.c, GUC_LIST_QUOTE). */
const listsOfNames = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** What hangs on a database's name and not on its content. */
export interface DatabaseProperties {
  readonly owner: string;
  readonly connectionLimit: number;
  readonly comment: string | null;
  /** `name=value`, for every role in it (null) or for one. */
  readonly settings: readonly { readonly role: string | null; readonly setting: string }[];
  readonly grants: readonly Grant[];
}

export interface Grant {
  /** Ready for SQL. */
  readonly grantee: string;
  readonly grantor: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

export async function readProperties(session: Session, database: string): Promise<DatabaseProperties> {
  const [was] = await session.query(
    `select pg_get_userbyid(datdba)::text as owner, datconnlimit::int4 as most,
            shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1`,
    [database],
  );
  return {
    owner: textColumn(was, 'owner'),
    connectionLimit: Number(was?.['most']),
    comment: textOrNull(was, 'comment'),
    settings: await settingsOf(session, database),
    grants: await grantsOf(session, database),
  };
}

/**
 * Gives a database another's owner, grants, connection limit and settings, also those of single roles in it; the comment is
 * the caller's business. Inside the caller's transaction; what came of it is read again: rejects with `check` when it differs.
 */
export async function applyProperties(
  session: Session,
  to: string,
  wanted: DatabaseProperties,
): Promise<string[]> {
  const target = quoteName(to);
  await session.query(`alter database ${target} owner to ${quoteName(wanted.owner)}`);
  await session.query(`alter database ${target} with connection limit ${wanted.connectionLimit}`);
  await applySettings(session, to, wanted.settings);
  await applyGrants(session, to, wanted.grants);
  const settings = wanted.settings.map(({ role, setting }) =>
    role === null ? setting : `${setting} for ${role}`,
  );
  return [`owner ${wanted.owner}`, `connection limit ${wanted.connectionLimit}`, 'grants', ...settings];
}

/** The same, from a database that is there. */
export async function carryProperties(session: Session, from: string, to: string): Promise<string[]> {
  return applyProperties(session, to, await readProperties(session, from));
}

async function settingsOf(
  session: Session,
  database: string,
): Promise<{ role: string | null; setting: string }[]> {
  const rows = await session.query(
    `select r.rolname::text as role, setting from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
       left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) with ordinality u(setting, n) where d.datname = $1 order by 1, n`,
    [database],
  );
  return rows.map((row) => ({ role: textOrNull(row, 'role'), setting: textColumn(row, 'setting') }));
}

async function applySettings(
  session: Session,
  to: string,
  wanted: DatabaseProperties['settings'],
): Promise<void> {
  const target = quoteName(to);
  const alter = (role: string | null) =>
    role === null ? `alter database ${target}` : `alter role ${quoteName(role)} in database ${target}`;
  for (const role of new Set((await settingsOf(session, to)).map((one) => one.role)))
    await session.query(`${alter(role)} reset all`);
  for (const { role, setting } of wanted) {
    await session.query(`${alter(role)} set ${assignment(setting)}`);
  }
  requireSame(to, 'settings', wanted, await settingsOf(session, to));
}

/** `name=value`, as the catalogue keeps it, ready for `ALTER … SET`. */
export function assignment(setting: string): string {
  const at = setting.indexOf('=');
  const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
  return `${name.split('.').map(quoteName).join('.')} to ${asValue(name, value)}`;
}

function asValue(name: string, value: string): string {
  if (!listsOfNames.has(name.toLowerCase())) return quoteLiteral(value);
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|[^\s,]+/g)].map(([whole, quoted]) =>
    quoted === undefined ? whole : quoted.replaceAll('""', '"'),
  );
  return names.length === 0 ? "''" : names.map(quoteLiteral).join(', ');
}

async function grantsOf(session: Session, database: string): Promise<Grant[]> {
  const rows = await session.query(
    `select case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee,
            quote_ident(pg_get_userbyid(a.grantor)) as grantor, a.privilege_type as privilege, a.is_grantable as grantable
       from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      where d.datname = $1 order by a.grantor <> d.datdba, a.is_grantable desc, 1, 2, 3`,
    [database],
  );
  return rows.map((row) => ({
    grantee: textColumn(row, 'grantee'),
    grantor: textColumn(row, 'grantor'),
    privilege: textColumn(row, 'privilege'),
    grantable: row['grantable'] === true,
  }));
}

async function applyGrants(session: Session, to: string, wanted: readonly Grant[]): Promise<void> {
  const target = quoteName(to);
  for (const grantee of new Set((await grantsOf(session, to)).map((one) => one.grantee)))
    await session.query(`revoke all on database ${target} from ${grantee} cascade`);
  for (const { grantee, grantor, privilege, grantable } of wanted) {
    // What a role granted on is its own grant, and would go when that role's goes.
    await session.query(`set local role ${grantor}`);
    await session.query(
      `grant ${privilege} on database ${target} to ${grantee}${grantable ? ' with grant option' : ''}`,
    );
    await session.query('reset role');
  }
  requireSame(to, 'grants', wanted, await grantsOf(session, to));
}

function requireSame(to: string, what: string, was: readonly object[], is: readonly object[]): void {
  // What was recorded may come from a file, whose order of keys is its own.
  if (canonicalJson(was) === canonicalJson(is)) return;
  throw new Failure('check', `the ${what} of database ${to} could not be made those that were recorded`);
}
