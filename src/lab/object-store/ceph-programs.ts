import { join } from 'node:path';
import { isJsonObject, Failure, type JsonObject } from '../../base/index.js';
import { runChild, startDetached, type ProcessIdentity } from '../../children/index.js';
import type { ObjectStoreTool, ObjectStoreTools } from './tools.js';

export interface CephPrograms {
  /** Runs one to its end; resolves to its standard output. Rejects with `exit-code`, `timeout` or `cancelled`. */
  run(tool: ObjectStoreTool, args: readonly string[], signal?: AbortSignal): Promise<string>;
  /** As `run`, for programs that answer in JSON. */
  ask(tool: ObjectStoreTool, args: readonly string[], signal?: AbortSignal): Promise<JsonObject>;
  /** Starts a server that outlives this process. */
  start(tool: ObjectStoreTool, args: readonly string[]): Promise<ProcessIdentity>;
}

/** The programs of the object store in one folder, run as one account. */
export function cephPrograms(
  tools: ObjectStoreTools,
  directory: string,
  account: { readonly uid: number; readonly gid: number } | null,
): CephPrograms {
  const { PATH = '/usr/bin:/bin' } = process.env;
  // HOME, because the Python client looks there; nothing else of ours is inherited.
  const env = { PATH, LC_ALL: 'C', HOME: directory, CEPH_CONF: join(directory, 'ceph.conf') };
  const run = async (tool: ObjectStoreTool, args: readonly string[], signal?: AbortSignal) => {
    const output: Buffer[] = [];
    const result = await runChild({
      file: tools.path(tool),
      args,
      cwd: directory,
      env,
      onlyGivenEnv: true,
      splitErrors: true,
      timeoutMs: 60_000,
      onOutput: (chunk) => output.push(chunk),
      ...(signal === undefined ? {} : { signal }),
      ...(account === null ? {} : { account: { uid: account.uid, gid: account.gid } }),
    });
    if (result.cancelled) throw new Failure('cancelled', `${tool} was cancelled`);
    if (result.timedOut) throw new Failure('timeout', `${tool} did not finish within 60 s`);
    if (result.exitCode === 0) return Buffer.concat(output).toString('utf8');
    // Only what it was asked and how it ended: what it said may hold a key.
    throw new Failure('exit-code', `${tool} ${args.slice(0, 3).join(' ')} exited with ${result.exitCode}`, {
      hint: `Read the logs: \`tail ${join(directory, 'log')}/*\`.`,
      retryable: true,
    });
  };
  return {
    run,
    async ask(tool, args, signal) {
      const value: unknown = JSON.parse(await run(tool, args, signal));
      if (isJsonObject(value)) return value;
      throw new Failure('unavailable', `${tool} ${args.slice(0, 2).join(' ')} did not answer with an object`);
    },
    start: (tool, args) =>
      startDetached({
        file: tools.path(tool),
        args,
        cwd: directory,
        env,
        onlyGivenEnv: true,
        account,
        logFile: join(directory, 'log', `${tool}.out`),
      }),
  };
}
