import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  applyProperties,
  connectTo,
  quoteLiteral,
  quoteName,
  runTool,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import type { DatabaseFacts } from './cluster-facts.js';
import { databaseArgument } from './database-argument.js';
import { unlimited } from './stay-connected.js';

export interface LoadRequest {
  readonly tools: PostgresTools;
  readonly set: StagedSet<LogicalManifest>;
  readonly location: ClusterLocation;
  readonly facts: DatabaseFacts;
  /** Name of the database that is loaded into; it is made when it is not there. */
  readonly as: string;
  readonly jobs: number;
  readonly signal: AbortSignal | undefined;
  readonly output: ((text: string | Uint8Array) => void) | undefined;
}

/** Makes the database as it was: encoding, locale and tablespace cannot be changed later. */
export async function makeDatabase(session: Session, facts: DatabaseFacts, as: string): Promise<void> {
  const locale =
    facts.locale === null
      ? ''
      : ` ${facts.provider === 'icu' ? 'icu_locale' : 'builtin_locale'} ${quoteLiteral(facts.locale)}`;
  const provider = facts.provider === 'libc' ? '' : ` locale_provider ${facts.provider}${locale}`;
  await session.query(
    `create database ${quoteName(as)} template template0 encoding ${quoteLiteral(facts.encoding)}
       lc_collate ${quoteLiteral(facts.collate)} lc_ctype ${quoteLiteral(facts.ctype)}${provider}
       tablespace ${quoteName(facts.tablespace)}`,
  );
}

/** While it loads, a new cluster writes less of a log than publications will need. */
const ofOurMaking = /wal_level is insufficient to publish logical changes/;

/**
 * Loads a dump into an empty database, owners and grants included, and stops at the first error; warnings come back. Without
 * statistics every plan is a guess, so they are made before it is called restored.
 */
export async function loadDatabase(request: LoadRequest): Promise<string[]> {
  const { tools, set, location, facts, as, jobs, signal, output } = request;
  const prefix = set.manifest.dump.databases.find(({ name }) => name === facts.name)?.prefix ?? '';
  // The files belong to whoever keeps the store, not to the server's account.
  const options = { location: { ...location, database: as, account: null }, signal, env: unlimited };
  const target = ['-j', String(jobs), '-w', '-d', databaseArgument(as)];
  const { tail } = await runTool(
    tools,
    'pg_restore',
    ['--exit-on-error', ...target, join(set.directory, prefix)],
    { ...options, ...(output === undefined ? {} : { onOutput: output }) },
  );
  const said = tail.filter((line) => /\b(warning|error):/i.test(line) && !ofOurMaking.test(line));
  const errors = said.filter((line) => /\berror:/i.test(line));
  if (errors.length > 0)
    throw new Failure('check', `pg_restore into ${as} ended well, but said: ${errors.join('; ')}`);
  await runTool(tools, 'vacuumdb', ['--analyze-only', '-q', ...target], options);
  return said;
}

/** Owner, grants, settings, limits and comment; last, because a limit may keep the very restore out. */
export async function finishDatabase(
  location: ClusterLocation,
  facts: DatabaseFacts,
  as: string,
): Promise<void> {
  const session = await connectTo(location, { applicationName: 'firedrill restore' });
  try {
    await session.transaction(async (inside) => {
      await applyProperties(inside, as, facts.properties);
      const { comment } = facts.properties;
      const text = comment === null ? 'null' : quoteLiteral(comment);
      await inside.query(`comment on database ${quoteName(as)} is ${text}`);
      if (facts.isTemplate) await inside.query(`alter database ${quoteName(as)} is_template true`);
    });
  } finally {
    await session.end();
  }
}
