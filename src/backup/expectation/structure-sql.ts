/** Says whether the server's catalogue has a table, or a column of it: versions differ, and numbers of versions say little. */
export type Has = (catalog: string, column?: string) => boolean;

/**
 * Kinds of objects, each with a query that gives `name`, unique within its kind, and `is`, an object with one entry for each
 * thing that a restore must bring back. Only names, never internal numbers: those differ between clusters. What is not
 * there is null and left out, so that an attribute that a newer server has does not make an older one's object different.
 */
export type KindQueries = (has: Has) => { readonly [kind: string]: string };

/** Not the system's own: made by users or extensions. */
export const userSchema = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
/** For what lies in no schema: numbers below belong to a fresh cluster. */
export const userMade = (oid: string) => `${oid} >= 16384`;
/** An extension brings its objects itself; they stand under `extension objects`. */
export const notOfExtension = (catalog: string, oid: string) =>
  `not exists (select from pg_depend x where x.classid = '${catalog}'::regclass and x.objid = ${oid} and x.objsubid = 0 and x.deptype = 'e')`;

export const owner = (column: string) => `${column}::regrole::text`;
export const comment = (catalog: string, oid: string) => `obj_description(${oid}, '${catalog}')`;
export const sharedComment = (catalog: string, oid: string) => `shobj_description(${oid}, '${catalog}')`;
export const object = (entries: { readonly [attribute: string]: string }) =>
  `jsonb_strip_nulls(jsonb_build_object(${Object.entries(entries)
    .map(([name, sql]) => `'${name}', ${sql}`)
    .join(', ')}))`;

/** The order of a list of texts says nothing, and sorting must not depend on the database's collation. */
export const sorted = (list: string) =>
  `(select coalesce(jsonb_agg(x.v::text order by x.v::text collate "C"), '[]') from unnest(${list}) x(v))`;
export const sortedOrNull = (list: string) => `case when ${list} is not null then ${sorted(list)} end`;

/** Rights that are written down although they are the usual ones are the same as none written down. */
export const grants = (column: string, type: string, ownerColumn: string) =>
  `case when ${column} is not null then nullif(${sorted(column)}, ${sorted(`acldefault('${type}', ${ownerColumn})`)}) end`;

/**
 * Four hexadecimal digits tell a changed secret from the right one 65,535 times in 65,536, and help nobody to guess it: too many
 * others have the same four.
 */
export const secret = (text: string) => `left(encode(sha256(convert_to(${text}, 'UTF8')), 'hex'), 4)`;
export const secretOptions = (list: string) =>
  `case when ${list} is not null then (select jsonb_agg(split_part(x.v, '=', 1) || '=' || ${secret('x.v')} order by x.v collate "C") from unnest(${list}) x(v)) end`;

export const inSchema = (name: string) => `format('%I.%I', n.nspname, ${name})`;
