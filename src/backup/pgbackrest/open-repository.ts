import { Failure } from '../../base/index.js';
import { runChild, type ChildResult } from '../../children/index.js';
import {
  requireSuccess,
  toolEnvironment,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { PgbackrestTool } from './find-pgbackrest.js';
import { readInfo, type RepositoryListing } from './repository-info.js';

export interface RepositoryRequest {
  readonly tools: PostgresTools;
  readonly pgbackrest: PgbackrestTool;
  readonly stanza: string;
  /** Used as it is; passphrases of the repository stay in it, or in the environment. */
  readonly configFile: string;
  /** Number of the repository, where the configuration has several; the first unless told. */
  readonly repo?: number;
  /** Who may read the repository and its configuration: on a database host the server's account. */
  readonly account: ClusterLocation['account'];
}

/** One stanza of one repository. */
export interface Repository extends RepositoryRequest {
  readonly repo: number;
  /** Options that every call needs. */
  readonly options: readonly string[];
  /** Runs one command of pgBackRest; rejects with `exit-code`, `timeout` or `cancelled` unless it exits with 0. */
  run(command: string, options?: readonly string[], more?: RunOptions): Promise<ChildResult>;
  list(signal?: AbortSignal): Promise<RepositoryListing>;
}

export interface RunOptions {
  /** Whose server is backed up. */
  readonly location?: ClusterLocation;
  readonly signal?: AbortSignal | undefined;
  readonly output?: ((chunk: Uint8Array) => void) | undefined;
  readonly splitErrors?: boolean;
}

/**
 * Opens a repository of pgBackRest that somebody has configured. Rejects with `unavailable` when pgBackRest cannot read it or does
 * not know the stanza.
 */
export async function openRepository(request: RepositoryRequest): Promise<Repository> {
  const { pgbackrest, stanza, configFile, account } = request;
  const options = [`--stanza=${stanza}`, `--config=${configFile}`];
  const repo = request.repo ?? 1;
  const run: Repository['run'] = async (command, more = [], given = {}) => {
    const { location, signal, output, splitErrors } = given;
    const result = await runChild({
      file: pgbackrest.path,
      args: [command, ...options, ...more],
      onlyGivenEnv: true,
      env: { ...toolEnvironment(location ?? null), ...pgbackrestEnvironment() },
      ...(account === null ? {} : { account: { uid: account.uid, gid: account.gid } }),
      ...(signal === undefined ? {} : { signal }),
      ...(output === undefined ? {} : { onOutput: output }),
      ...(splitErrors === undefined ? {} : { splitErrors }),
    });
    requireSuccess(`pgbackrest ${command}`, result);
    return result;
  };
  const list: Repository['list'] = async (signal) => {
    const said: Uint8Array[] = [];
    const output = (chunk: Uint8Array) => said.push(chunk);
    const asked = ['--output=json', `--repo=${repo}`, '--log-level-console=off'];
    await run('info', asked, { signal, output, splitErrors: true });
    return readInfo(Buffer.concat(said).toString('utf8'), stanza, repo);
  };
  const repository: Repository = { ...request, repo, options, run, list };
  const { problem } = await list();
  if (problem !== null) {
    throw new Failure('unavailable', `the repository of stanza ${stanza} cannot be used: ${problem}`, {
      hint: `Look at \`pgbackrest info ${options.join(' ')}\`.`,
    });
  }
  return repository;
}

/** Everything it may be configured with by the environment, secrets among it. */
export function pgbackrestEnvironment(): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('PGBACKREST_') && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/** What lies in a repository now. */
export async function listRepository(
  repository: Repository,
  signal?: AbortSignal,
): Promise<RepositoryListing> {
  return repository.list(signal);
}
