import { Failure } from '../../base/index.js';
import { runChild } from '../../children/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { CommandOptions } from '../environment.js';
import type { DeclaredSettings } from './settings.js';

export interface CommandResult {
  readonly exitCode: number;
  /** What it printed on standard output. */
  readonly printed: string;
  readonly lastLine: string;
}

/** What a command is told besides its arguments: variables of its own, on top of the common ones. Never a secret. */
export interface CommandCall extends CommandOptions {
  readonly env?: { readonly [name: `FIREDRILL_${string}`]: string };
}

/**
 * Runs a command of the configuration in the programme's folder, without a shell; what it prints goes to the step's output. In its
 * environment stand FIREDRILL_ENVIRONMENT, FIREDRILL_PRIMARY_HOST and _PORT, and the same of the standby where one is declared.
 * Rejects with `timeout`, `cancelled`, or `unavailable` when it could not be started or was ended by a signal.
 */
export async function runCommand(
  settings: DeclaredSettings,
  argv: readonly string[],
  timeoutMs: number,
  options: CommandCall = {},
): Promise<CommandResult> {
  const [file = '', ...args] = argv;
  const chunks: Buffer[] = [];
  options.output?.(`$ ${argv.join(' ')}\n`);
  const result = await runChild({
    file,
    args,
    cwd: settings.directory,
    env: { ...commonVariables(settings), ...options.env },
    timeoutMs,
    splitErrors: true,
    onOutput: (chunk) => chunks.push(chunk),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  for (const line of result.tail) options.output?.(`${line}\n`);
  if (result.cancelled) throw new Failure('cancelled', `${file} was cancelled`);
  if (result.timedOut)
    throw new Failure('timeout', `${file} did not finish within ${timeoutMs / 1000} s`, {
      hint: 'A command that starts something must let go of it: a service manager does, or `setsid`.',
    });
  if (result.exitCode === null)
    throw new Failure('unavailable', `${file} was ended by ${result.signal ?? 'a signal'}`);
  const printed = Buffer.concat(chunks).toString('utf8').trim();
  return { exitCode: result.exitCode, printed, lastLine: result.tail.at(-1) ?? 'it printed nothing' };
}

/** As above; rejects with `exit-code` unless it exits with 0. */
export async function runOrFail(
  settings: DeclaredSettings,
  argv: readonly string[],
  timeoutMs: number,
  options: CommandCall = {},
): Promise<CommandResult> {
  const result = await runCommand(settings, argv, timeoutMs, options);
  if (result.exitCode === 0) return result;
  throw new Failure('exit-code', `${argv[0] ?? ''} exited with ${result.exitCode}: ${result.lastLine}`);
}

function commonVariables({ name, primary, standby }: DeclaredSettings): { [name: string]: string } {
  const at = (prefix: string, { host, port }: ClusterLocation) => ({
    [`FIREDRILL_${prefix}_HOST`]: host,
    [`FIREDRILL_${prefix}_PORT`]: String(port),
  });
  return {
    FIREDRILL_ENVIRONMENT: name,
    ...at('PRIMARY', primary),
    ...(standby === null ? {} : at('STANDBY', standby)),
  };
}
