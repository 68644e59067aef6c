import pg from 'pg';
import { Failure, type FailureReason } from '../base/index.js';

/** What went wrong between us and a server, as a `Failure` that ends in `[SQLSTATE …]` where the server gave one. */
export function queryFailure(cause: unknown, what: string): Failure {
  if (cause instanceof Failure) return cause;
  if (cause instanceof pg.DatabaseError) {
    const code = cause.code ?? 'XX000';
    return new Failure(reasonOf(code), `${what}: ${cause.message} [SQLSTATE ${code}]`, { cause });
  }
  if (cause instanceof Error) {
    const detail = 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
    return new Failure('unavailable', `${what}: ${detail.toLowerCase()}`, { cause });
  }
  return new Failure('unavailable', `${what}: ${String(cause)}`, { cause });
}

/** The five characters that the server gave, or null when the failure did not come from a server's answer. */
export function sqlState(failure: unknown): string | null {
  if (!(failure instanceof Failure)) return null;
  return /\[SQLSTATE ([0-9A-Z]{5})\]$/.exec(failure.message)?.[1] ?? null;
}

/** By class of SQLSTATE (appendix A of PostgreSQL's manual). */
function reasonOf(code: string): FailureReason {
  if (code === '57014') return 'timeout';
  if (code === '55P03') return 'timeout';
  if (/^(08|53|57P)/.test(code)) return 'unavailable';
  if (/^(28|42501|25006)/.test(code)) return 'refused';
  if (/^(42|3D|3F|22|26|34)/.test(code)) return 'invalid';
  return 'check';
}
