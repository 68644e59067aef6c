import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Failure } from '../../base/index.js';
import { runChild, type ChildResult } from '../../children/index.js';

/** The stock `age` program and its key maker: whoever has them opens our files without firedrill. */
export interface AgeTool {
  readonly age: string;
  readonly keygen: string;
  /** As it prints it, e.g. `1.1.1`. */
  readonly version: string;
}

/** Finds age in PATH. Rejects with `unavailable` when it, or its key maker, is missing or does not run. */
export async function findAge(env: NodeJS.ProcessEnv = process.env): Promise<AgeTool> {
  const [age, keygen] = [await inPath('age', env), await inPath('age-keygen', env)];
  if (age === null || keygen === null) {
    throw new Failure('unavailable', `${age === null ? 'age' : 'age-keygen'} is not in PATH`, {
      hint: 'Install it (`apt-get install age`, `brew install age`): sets are encrypted and opened with it.',
      retryable: false,
    });
  }
  const { exitCode, tail } = await runAge(age, ['--version'], { timeoutMs: 10_000 });
  const version = /\d+(\.\d+)+/.exec(tail.join(' '))?.[0];
  if (exitCode === 0 && version !== undefined) return { age, keygen, version };
  throw new Failure('unavailable', `${age} does not say its version, so it is not the program that is meant`);
}

async function inPath(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const file = join(directory, name);
    const there = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return null;
}

/** Plugins are found by PATH and keep what they know at home; nothing else of the environment is their business. */
export async function runAge(
  file: string,
  args: readonly string[],
  options: {
    readonly input?: NodeJS.ReadableStream;
    readonly signal?: AbortSignal | undefined;
    readonly timeoutMs?: number;
    readonly onOutput?: (chunk: Buffer) => void;
  } = {},
): Promise<ChildResult> {
  const { signal, ...rest } = options;
  const kept = ['PATH', 'HOME'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return runChild({
    ...{ file, args, splitErrors: false, onlyGivenEnv: true },
    env: { ...Object.fromEntries(kept), LC_ALL: 'C' },
    ...(signal === undefined ? {} : { signal }),
    ...rest,
  });
}

/** What age said, without its invitation to report it. */
export function saidBy(result: ChildResult): string {
  const line = result.tail.find((one) => one.includes('error:')) ?? result.tail.at(-1);
  return line?.replace(/^age(-keygen)?: (error: )?/, '') ?? 'nothing was said';
}
