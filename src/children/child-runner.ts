import type { Writable } from 'node:stream';

/** How a child process ended; exactly one of `exitCode` and `signal` is set. */
export interface ChildResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** Last lines of standard output and standard error, interleaved as they came, control sequences removed. */
  readonly tail: readonly string[];
  readonly timedOut: boolean;
  readonly cancelled: boolean;
}

export interface ChildRequest {
  readonly file: string;
  /** Never holds a secret: those go by file or by `env`. */
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the engine's own environment, or the whole of it when `onlyGivenEnv` is set. */
  readonly env?: { readonly [name: string]: string };
  readonly onlyGivenEnv?: boolean;
  /** Run as this account instead of the current one; needs root. */
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Receives raw output as it comes, before anything is stripped; `stdout` only, when `splitErrors` is set. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly splitErrors?: boolean;
  /**
   * Standard input: a stream, an open file's descriptor, which stays the caller's to close, or a function that writes it. The function
   * leaves the ending to the runner, and its own failures are its caller's to hear of.
   */
  readonly input?: 'ignore' | NodeJS.ReadableStream | number | ((to: Writable) => Promise<void>);
}
