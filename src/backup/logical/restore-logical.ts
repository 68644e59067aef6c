import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  assignment,
  connectTo,
  createCluster,
  killCluster,
  makeOwnedDirectory,
  quoteLiteral,
  quoteName,
  readPassword,
  runTool,
  startCluster,
  stopCluster,
  type ClusterLocation,
  type PostgresTools,
  type Settings,
} from '../../postgres/index.js';
import { makeDurableFolder } from '../../store/index.js';
import { quietSettings } from '../physical/prepare-restored.js';
import type { Progress } from '../progress.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import type { ClusterFacts } from './cluster-facts.js';
import { globalsName } from './dump-globals.js';
import { planGlobals, type GlobalsPlan } from './globals-plan.js';
import { checkLogicalRestore } from './check-logical-restore.js';
import { finishDatabase, loadDatabase } from './load-database.js';
import { missingExtensions } from './missing-for.js';
import { runSqlFile } from './run-sql-file.js';
import { dropUnknown, ensureDatabase } from './standard-databases.js';

export interface RestoreLogicalRequest {
  readonly tools: PostgresTools;
  readonly set: StagedSet<LogicalManifest>;
  /** Where a new cluster is made; nothing may stand there. */
  readonly into: ClusterLocation;
  readonly jobs?: number;
  /** Whose passfile has the password, when `into.passfile` is not there yet. */
  readonly passwordFrom?: ClusterLocation;
  /** On top of what every restore switches off. */
  readonly settings?: Settings;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

export interface RestoredLogical {
  readonly durationMs: number;
  readonly stages: {
    readonly checkMs: number;
    readonly makeMs: number;
    readonly loadMs: number;
    readonly finishMs: number;
  };
  readonly databases: readonly string[];
  /** Warnings of PostgreSQL's programs. */
  readonly said: readonly string[];
}

/** While nobody depends on it: what a crash would lose is made again. Set back before anybody may. */
const whileLoading: Settings = {
  ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off' },
  ...{ wal_level: 'minimal', max_wal_senders: '0', archive_mode: 'off', max_wal_size: '8GB' },
  ...{ maintenance_work_mem: '256MB', checkpoint_timeout: '1h' },
};

/**
 * Makes a new, running cluster out of a logical set: initdb with the recorded locale, roles and tablespaces, every database, its
 * statistics. The set's files are hashed before anything is made; a failure stops and removes what was made. Nothing that existed
 * before is ever changed.
 */
export async function restoreLogical(request: RestoreLogicalRequest): Promise<RestoredLogical> {
  const { tools, set, into, signal, output, progress } = request;
  const jobs = request.jobs ?? Math.min(4, availableParallelism());
  const marks = [performance.now()];
  const mark = (): number => marks.push(performance.now());
  progress?.({ stage: 'checking' });
  const facts = await checkLogicalRestore(request);
  mark();
  try {
    progress?.({ stage: 'making a cluster' });
    const { boot, globals } = await makeCluster(request, facts);
    mark();
    const said: string[] = [];
    for (const database of facts.databases) {
      progress?.({ stage: `restoring database ${database.name}` });
      await ensureDatabase(boot, facts, database);
      const one = { tools, set, location: boot, facts: database, as: database.name, jobs, signal, output };
      said.push(...(await loadDatabase(one)));
    }
    mark();
    for (const database of facts.databases) await finishDatabase(boot, database, database.name);
    await applySettingsOfAll(boot, facts);
    await settle(request, boot, globals);
    mark();
    const [start = 0, checked = 0, made = 0, loaded = 0, end = 0] = marks.map(Math.round);
    return {
      durationMs: end - start,
      stages: {
        checkMs: checked - start,
        makeMs: made - checked,
        loadMs: loaded - made,
        finishMs: end - loaded,
      },
      databases: facts.databases.map(({ name }) => name),
      said,
    };
  } catch (failure) {
    await killCluster(into).catch(() => []);
    await rm(into.dataDirectory, { recursive: true, force: true });
    await rm(`${into.dataDirectory}.tablespaces`, { recursive: true, force: true });
    await rm(bootPassfile(into), { force: true });
    throw failure;
  }
}

const bootPassfile = (into: ClusterLocation) => join(into.socketDirectory, 'restore.pass');

/** The cluster as its own first role sees it, with a password of the restore's until the recorded one is set. */
async function makeCluster(
  request: RestoreLogicalRequest,
  facts: ClusterFacts,
): Promise<{ boot: ClusterLocation; globals: GlobalsPlan }> {
  const { tools, set, into, signal } = request;
  await makeDurableFolder(dirname(into.dataDirectory));
  const boot = {
    ...{ ...into, user: facts.bootstrapRole.name, database: 'postgres' },
    passfile: bootPassfile(into),
  };
  await createCluster(tools, boot, {
    localeArgs: localeArgs(facts),
    settings: { ...quietSettings, ...limitsOf(set.manifest), ...request.settings },
    ...(signal === undefined ? {} : { signal }),
  });
  await startCluster(tools, boot, { settings: whileLoading });
  const text = await readFile(join(set.directory, globalsName), 'utf8');
  const globals = planGlobals(text, facts.bootstrapRole.quoted, `${into.dataDirectory}.tablespaces`);
  for (const { directory } of globals.tablespaces) await makeOwnedDirectory(directory, into.account);
  await runSqlFile(tools, boot, join(into.socketDirectory, 'globals.sql'), globals.first, signal);
  await requireExtensions(boot, facts);
  return { boot, globals };
}

function localeArgs({ template }: ClusterFacts): string[] {
  const { encoding, collate, ctype, provider, locale } = template;
  const own =
    provider === 'libc' || locale === null
      ? []
      : [`--locale-provider=${provider}`, `--${provider}-locale=${locale}`];
  // Synced once, when all is loaded.
  return ['--no-sync', '-E', encoding, `--lc-collate=${collate}`, `--lc-ctype=${ctype}`, ...own];
}

/** As many objects and connections as it had: a dump that locks thousands of tables needs them. */
function limitsOf({ server }: LogicalManifest): Settings {
  const kept = ['max_connections', 'max_locks_per_transaction', 'max_prepared_transactions'];
  return Object.fromEntries(Object.entries(server.settings).filter(([name]) => kept.includes(name)));
}

/** Known only once a server runs, and still before anything is loaded. */
async function requireExtensions(boot: ClusterLocation, facts: ClusterFacts): Promise<void> {
  const session = await connectTo(boot, { applicationName: 'firedrill restore' });
  try {
    const missing = new Set<string>();
    for (const database of facts.databases)
      for (const one of await missingExtensions(session, database)) missing.add(one);
    if (missing.size === 0) return;
    throw new Failure('refused', `the cluster cannot be restored here: ${[...missing].join('; ')}`, {
      hint: 'Install the packages that bring these extensions, and try again.',
    });
  } finally {
    await session.end();
  }
}

async function applySettingsOfAll(boot: ClusterLocation, facts: ClusterFacts): Promise<void> {
  const session = await connectTo(boot, { applicationName: 'firedrill restore' });
  try {
    for (const setting of facts.settingsOfAll)
      await session.query(`alter role all set ${assignment(setting)}`);
  } finally {
    await session.end();
  }
}

/** Durable, with its ordinary settings, and with the passwords that people know. */
async function settle(
  request: RestoreLogicalRequest,
  boot: ClusterLocation,
  globals: GlobalsPlan,
): Promise<void> {
  const { tools, into, set, signal } = request;
  await stopCluster(tools, boot, 'fast');
  // Nothing was synced so far; from here on a power failure must not cost anything.
  await runTool(tools, 'initdb', ['--sync-only', '-D', into.dataDirectory], { location: boot, signal });
  await startCluster(tools, boot, signal === undefined ? {} : { signal });
  await runSqlFile(tools, boot, join(into.socketDirectory, 'globals-last.sql'), globals.last, signal);
  if (!set.manifest.dump.rolePasswords) await setPassword(boot, into);
  await dropUnknown(boot, set.manifest.server.databases, into.database);
  await rm(bootPassfile(into), { force: true });
  // Whoever asked for it must be able to use it.
  await (await connectTo(into, { applicationName: 'firedrill restore' })).end();
}

/** The dump holds no passwords: without one of its own nobody could use what was restored. */
async function setPassword(boot: ClusterLocation, into: ClusterLocation): Promise<void> {
  const password = await readPassword(into);
  if (password === null) return;
  const session = await connectTo(boot, { applicationName: 'firedrill restore' });
  try {
    await session.query(
      `set log_statement = 'none'; set log_min_duration_statement = -1; set log_min_duration_sample = -1; set log_transaction_sample_rate = 0;
       set log_min_error_statement = 'panic'`,
    );
    await session.query(`alter role ${quoteName(into.user)} password ${quoteLiteral(password)}`);
  } finally {
    await session.end();
  }
}
