import { access, constants, readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { Failure } from '../base/index.js';
import { runChild, type ChildResult } from '../children/index.js';
import { toolEnvironment } from './tool-environment.js';

/** One installation of PostgreSQL's server and client programs. */
export interface PostgresTools {
  readonly binDirectory: string;
  readonly major: number;
  /** As the server prints it, e.g. `15.18`. */
  readonly version: string;
  /** Absolute path of one program; whether it is there, `hasTool` says. */
  path(name: string): string;
}

/** Without these there is neither a server nor a physical backup. */
const needed = ['postgres', 'initdb', 'pg_basebackup', 'pg_receivewal'];

/**
 * Finds the programs: in PATH, else the newest of /usr/lib/postgresql, where pg_config says, Homebrew's folders.
 * Rejects with `unavailable` when no folder holds them all.
 */
export async function findTools(env: NodeJS.ProcessEnv = process.env): Promise<PostgresTools> {
  for (const directory of await candidates(env)) {
    const complete = await Promise.all(needed.map((name) => isExecutable(join(directory, name))));
    if (!complete.every(Boolean)) continue;
    const version = await readVersion(join(directory, 'postgres'));
    if (version === null) continue;
    const binDirectory = await realpath(directory);
    return {
      binDirectory,
      version,
      major: Number.parseInt(version, 10),
      path: (name) => join(binDirectory, name),
    };
  }
  throw new Failure('unavailable', `no PostgreSQL installation with ${needed.join(', ')} found`, {
    hint: 'Install the server package (`apt-get install postgresql`, `brew install postgresql`), or put its bin folder into PATH.',
  });
}

export async function hasTool(tools: PostgresTools, name: string): Promise<boolean> {
  return isExecutable(tools.path(name));
}

async function candidates(env: NodeJS.ProcessEnv): Promise<string[]> {
  const path = (env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '');
  const debian = await newestFirst('/usr/lib/postgresql', (name) => join(name, 'bin'));
  const configured = await askConfig(path);
  const brewed = await Promise.all(
    ['/opt/homebrew/opt', '/usr/local/opt'].map((root) =>
      newestFirst(root, (name) => join(name, 'bin'), /^postgresql/),
    ),
  );
  return [...path, ...debian, ...configured, ...brewed.flat()];
}

/** Folders of `root`, highest version first. */
async function newestFirst(root: string, inside: (name: string) => string, only = /^\d+/): Promise<string[]> {
  const names = (await readdir(root).catch(() => [])).filter((name) => only.test(name));
  const major = (name: string) => Number.parseFloat(/\d+(\.\d+)?/.exec(name)?.[0] ?? '0');
  return names.sort((a, b) => major(b) - major(a)).map((name) => join(root, inside(name)));
}

async function askConfig(path: readonly string[]): Promise<string[]> {
  for (const directory of path) {
    const file = join(directory, 'pg_config');
    if (!(await isExecutable(file))) continue;
    const { exitCode, tail } = await ask(file, '--bindir');
    const [answer] = tail;
    return exitCode === 0 && answer !== undefined ? [answer] : [];
  }
  return [];
}

async function ask(file: string, option: string): Promise<ChildResult> {
  const env = toolEnvironment(null);
  return runChild({ file, args: [option], timeoutMs: 10_000, onlyGivenEnv: true, env });
}

async function readVersion(file: string): Promise<string | null> {
  const { exitCode, tail } = await ask(file, '--version');
  if (exitCode !== 0) return null;
  return /\(PostgreSQL\) (\d+(?:\.\d+)*)/.exec(tail.join(' '))?.[1] ?? null;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => dirname(file) !== '.',
    () => false,
  );
}
