import { spawn } from 'node:child_process';
import { chownSync, closeSync, openSync } from 'node:fs';
import { Failure } from '../base/index.js';
import { processIdentity, type ProcessIdentity } from './process-identity.js';

export interface DetachedRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the process when `onlyGivenEnv` is set, else added to the engine's. */
  readonly env?: { readonly [name: string]: string };
  readonly onlyGivenEnv?: boolean;
  readonly account?: { readonly uid: number; readonly gid: number } | null;
  /** Standard output and standard error are appended here. */
  readonly logFile: string;
}

/** Starts a program that outlives the engine: own session, no pipe to us. Rejects with `unavailable` when it cannot start. */
export async function startDetached(request: DetachedRequest): Promise<ProcessIdentity> {
  const log = openSync(request.logFile, 'a', 0o600);
  try {
    if (request.account) chownSync(request.logFile, request.account.uid, request.account.gid);
    const child = spawn(request.file, [...request.args], {
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      env: { ...(request.onlyGivenEnv === true ? {} : process.env), ...request.env },
      ...(request.account ? { uid: request.account.uid, gid: request.account.gid } : {}),
      stdio: ['ignore', log, log],
      detached: true,
    });
    const started = await new Promise<boolean>((resolve, reject) => {
      child.once('spawn', () => resolve(true));
      child.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new Failure('unavailable', `cannot start ${request.file}: ${cause.code ?? cause.message}`, {
            cause,
          }),
        ),
      );
    });
    child.unref();
    const identity = started && child.pid !== undefined ? processIdentity(child.pid) : null;
    if (identity === null) {
      throw new Failure('unavailable', `${request.file} ended as soon as it was started`, {
        hint: `Read its log: \`tail ${request.logFile}\`.`,
      });
    }
    return identity;
  } finally {
    closeSync(log);
  }
}
