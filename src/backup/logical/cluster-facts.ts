import {
  connectTo,
  readProperties,
  textColumn,
  textOrNull,
  type ClusterLocation,
  type DatabaseProperties,
  type Session,
} from '../../postgres/index.js';
import type { DatabaseNeeds } from './database-needs.js';

/** How a database is made before anything is loaded into it. */
export interface DatabaseFacts {
  readonly name: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly provider: 'libc' | 'icu' | 'builtin';
  /** Of providers that are not libc. */
  readonly locale: string | null;
  readonly tablespace: string;
  readonly isTemplate: boolean;
  readonly properties: DatabaseProperties;
  readonly needs: DatabaseNeeds;
}

/** What dumps do not say of the cluster and its databases; a file of the set beside the dumps. */
export interface ClusterFacts {
  /** The role that made the cluster: it is there before any role is restored. */
  readonly bootstrapRole: { readonly name: string; readonly quoted: string };
  /** What a new cluster begins with: the properties of template0. */
  readonly template: Pick<DatabaseFacts, 'encoding' | 'collate' | 'ctype' | 'provider' | 'locale'>;
  readonly databases: readonly DatabaseFacts[];
  /** `ALTER ROLE ALL SET`, as `name=value`: pg_dumpall passes over them. */
  readonly settingsOfAll: readonly string[];
}

export const clusterFactsName = 'cluster.json';

/** Reads all that from a live server, of the databases that were dumped. */
export async function readClusterFacts(
  location: ClusterLocation,
  dumped: readonly { readonly name: string; readonly needs: DatabaseNeeds }[],
): Promise<ClusterFacts> {
  const session = await connectTo(location, { applicationName: 'firedrill backup', readOnly: true });
  try {
    const [boot] = await session.query(
      'select rolname::text as name, quote_ident(rolname) as quoted from pg_roles where oid = 10',
    );
    const all = await readDatabases(session);
    const template = all.find((one) => one.name === 'template0') ?? all[0];
    if (template === undefined) throw new TypeError('a server without any database');
    const databases: DatabaseFacts[] = [];
    for (const one of all) {
      const needs = dumped.find(({ name }) => name === one.name)?.needs;
      if (needs !== undefined)
        databases.push({ ...one, needs, properties: await readProperties(session, one.name) });
    }
    const ofAll = await session.query(
      `select setting from pg_db_role_setting, unnest(setconfig) setting where setrole = 0 and setdatabase = 0`,
    );
    const { encoding, collate, ctype, provider, locale } = template;
    return {
      bootstrapRole: { name: textColumn(boot, 'name'), quoted: textColumn(boot, 'quoted') },
      template: { encoding, collate, ctype, provider, locale },
      databases,
      settingsOfAll: ofAll.map((row) => textColumn(row, 'setting')),
    };
  } finally {
    await session.end();
  }
}

async function readDatabases(session: Session): Promise<Omit<DatabaseFacts, 'properties' | 'needs'>[]> {
  // The columns of other providers came with 15, and have had two names.
  const rows = await session.query(
    `select d.datname::text as name, pg_encoding_to_char(d.encoding) as encoding, d.datcollate::text as collate,
            d.datctype::text as ctype, coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') as provider,
            coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
            t.spcname::text as tablespace, d.datistemplate as template
       from pg_database d join pg_tablespace t on t.oid = d.dattablespace order by d.oid`,
  );
  const providers = { c: 'libc', i: 'icu', b: 'builtin' } as const;
  return rows.map((row) => ({
    name: textColumn(row, 'name'),
    encoding: textColumn(row, 'encoding'),
    collate: textColumn(row, 'collate'),
    ctype: textColumn(row, 'ctype'),
    provider: providers[textColumn(row, 'provider') as keyof typeof providers],
    locale: textOrNull(row, 'locale'),
    tablespace: textColumn(row, 'tablespace'),
    isTemplate: row['template'] === true,
  }));
}
