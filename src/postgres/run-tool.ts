import { Failure } from '../base/index.js';
import { runChild, type ChildRequest, type ChildResult } from '../children/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { toolEnvironment } from './tool-environment.js';
import type { PostgresTools } from './tools.js';

export interface ToolOptions extends Pick<ChildRequest, 'cwd' | 'timeoutMs' | 'onOutput' | 'splitErrors'> {
  readonly signal?: AbortSignal | undefined;
  /** Whose connection settings and account the program gets; null: none, and the current account. */
  readonly location: ClusterLocation | null;
  readonly env?: { readonly [name: string]: string };
}

/** Runs one of PostgreSQL's programs. Rejects with `exit-code`, `timeout` or `cancelled` unless it exits with 0. */
export async function runTool(
  tools: PostgresTools,
  name: string,
  args: readonly string[],
  options: ToolOptions,
): Promise<ChildResult> {
  const { location, env, signal, ...rest } = options;
  const result = await runChild({
    ...rest,
    ...(signal === undefined ? {} : { signal }),
    file: tools.path(name),
    args,
    onlyGivenEnv: true,
    env: { ...toolEnvironment(location), ...env },
    ...(location?.account ? { account: { uid: location.account.uid, gid: location.account.gid } } : {}),
  });
  requireSuccess(name, result);
  return result;
}

/** Turns everything but exit code 0 into a `Failure` that quotes the last thing the program said. */
export function requireSuccess(name: string, result: ChildResult): void {
  if (result.exitCode === 0 && !result.timedOut && !result.cancelled) return;
  if (result.cancelled) throw new Failure('cancelled', `${name} was cancelled`);
  const seconds = Math.round(result.durationMs / 1000);
  if (result.timedOut) throw new Failure('timeout', `${name} did not finish within ${seconds} s`);
  const how =
    result.exitCode === null
      ? `was ended by ${result.signal ?? 'a signal'}`
      : `exited with ${result.exitCode}`;
  const said = lastError(result.tail);
  throw new Failure('exit-code', `${name} ${how}${said === null ? '' : `: ${said}`}`);
}

/** The first line of the last error that a program reported, else its last line; null when it said nothing. */
function lastError(tail: readonly string[]): string | null {
  const errors = tail.filter((line) => /\b(?:error|fatal|panic):/i.test(line));
  return errors.at(-1) ?? tail.at(-1) ?? null;
}
