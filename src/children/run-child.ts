import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { Failure } from '../base/index.js';
import type { ChildRequest, ChildResult } from './child-runner.js';
import { currentRegistry } from './child-registry.js';
import { outputTail } from './output-tail.js';
import { processIdentity } from './process-identity.js';

/** Between SIGTERM and SIGKILL. */
export const killGraceMs = 5000;

/**
 * Runs one program to its end, whatever its exit code. Rejects with `unavailable` only when it could not be started.
 * On abort or timeout its whole process group gets SIGTERM and, 5 s later, SIGKILL; what it left in its group is killed.
 */
export async function runChild(request: ChildRequest): Promise<ChildResult> {
  const startedAt = performance.now();
  if (request.signal?.aborted === true) {
    return { exitCode: null, signal: 'SIGTERM', durationMs: 0, tail: [], timedOut: false, cancelled: true };
  }
  const child = execa(request.file, request.args, {
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    ...(request.env === undefined ? {} : { env: request.env }),
    ...(request.account === undefined ? {} : request.account),
    extendEnv: request.onlyGivenEnv !== true,
    stdin: stdinOf(request.input),
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  });
  const { pid } = child;
  if (pid === undefined) throw cannotStart(request.file, await child);
  const identity = processIdentity(pid);
  const registry = currentRegistry();
  if (identity !== null) registry?.note(identity, request.file);

  const tail = outputTail();
  const take = (toCaller: boolean) => (chunk: Buffer) => {
    tail.write(chunk);
    if (toCaller) request.onOutput?.(chunk);
  };
  child.stdout.on('data', take(true));
  child.stderr.on('data', take(request.splitErrors !== true));
  if (child.stdin !== null) give(request.input, child.stdin);

  const ending = { timedOut: false, cancelled: false };
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: 'timedOut' | 'cancelled') => () => {
    if (ending.timedOut || ending.cancelled) return;
    ending[why] = true;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), killGraceMs);
  };
  // What the leader left in its group could hold our pipes open, and must not live on anyway.
  child.nodeChildProcess.once('exit', () => signalGroup(pid, 'SIGKILL'));
  const onAbort = end('cancelled');
  request.signal?.addEventListener('abort', onAbort, { once: true });
  const timer = request.timeoutMs === undefined ? undefined : setTimeout(end('timedOut'), request.timeoutMs);
  try {
    const result = await child;
    const ended = { exitCode: result.exitCode ?? null, signal: result.signal ?? null };
    return { ...ended, durationMs: performance.now() - startedAt, tail: tail.lines(), ...ending };
  } finally {
    clearTimeout(timer);
    clearTimeout(killTimer);
    request.signal?.removeEventListener('abort', onAbort);
    if (identity !== null) registry?.forget(identity);
  }
}

function give(input: ChildRequest['input'], stdin: Writable): void {
  // The child may stop reading before the input ends; its exit code tells, not the broken pipe.
  stdin.on('error', () => undefined);
  if (typeof input === 'object') input.pipe(stdin);
  if (typeof input === 'function')
    void input(stdin)
      .catch(() => undefined)
      .finally(() => stdin.end());
}

/** A descriptor goes to the child itself: its bytes never pass through this process. */
function stdinOf(input: ChildRequest['input']): 'pipe' | 'ignore' | 3 {
  // The types of execa know descriptors up to 9 alone; it passes on any.
  if (typeof input === 'number') return input as 3;
  return typeof input === 'object' || typeof input === 'function' ? 'pipe' : 'ignore';
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty: nothing is left to end.
  }
}

function cannotStart(file: string, cause: unknown): Failure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const hint = `Install it, or put its folder into PATH; \`command -v ${file}\` shows whether it is found.`;
  return new Failure('unavailable', `cannot start ${file}: ${code}`, { hint, cause });
}
