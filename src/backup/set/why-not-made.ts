import { statfs } from 'node:fs/promises';
import { Failure, formatSize } from '../../base/index.js';
import { wasTurnedAway } from '../../postgres/index.js';

/** Less than this is a full disk: PostgreSQL's programs and file systems keep a little back. */
const hardlyAnything = 1024 * 1024;

const noRoom = /no space left on device|disk quota exceeded|ENOSPC|EDQUOT/i;
const serverGone =
  /server closed the connection|terminating connection|connection (terminated|to server|refused|reset)|no connection to the server|could not (connect|receive data|read COPY data)|ECONNRE|EPIPE|SSL SYSCALL|the database system is|unexpected termination of replication/i;

export interface MadeIn {
  /** Folder of the store. */
  readonly directory: string;
  /** Measured when it failed, before anything was removed; null: it could not be. */
  readonly freeBytes: number | null;
  /** The server that is copied, where one is. */
  readonly server: { readonly host: string; readonly port: number } | undefined;
  /** What is there of it after everything was removed, in words; empty: it was looked for, and nothing is. */
  readonly left: readonly string[];
}

/** Free bytes of a folder's disk; null when nobody can say. */
export async function freeBytes(directory: string): Promise<number | null> {
  return statfs(directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
}

/**
 * Turns whatever kept a set from being made into a `Failure` that says what to do. One that says so already and a bug go on as they
 * are; a cancellation says what it has left.
 */
export function whyNotMade(cause: unknown, { directory, freeBytes: free, server, left }: MadeIn): unknown {
  const kept = `${sentence(whatIsLeft(directory, left))} The sets before it are as they were.`;
  const ours = cause instanceof Failure;
  // Who asked next after the server went away was told that nobody answers there.
  const unanswered =
    ours &&
    cause.reason === 'unavailable' &&
    cause.message.startsWith('cannot connect to ') &&
    !wasTurnedAway(cause);
  if (ours && cause.reason === 'cancelled')
    return new Failure('cancelled', `${cause.message}; ${whatIsLeft(directory, left)}`, { cause });
  if (ours && cause.hint !== undefined && !unanswered) return cause;
  if (!ours && !isSystemError(cause)) return cause;
  const { message } = cause;
  const full = free !== null && free < hardlyAnything;
  if (noRoom.test(message) || (full && (!ours || cause.reason === 'exit-code'))) {
    const room = free === null ? '' : ` (${formatSize(free)} left)`;
    return new Failure('unavailable', `the disk of ${directory} ran full${room}: ${message}`, {
      hint: `Free some space, or choose another store; \`df -h ${directory}\` shows it. ${kept}`,
      retryable: false,
      cause,
    });
  }
  if (unanswered || serverGone.test(message)) {
    const at = server === undefined ? '' : ` -h ${server.host} -p ${server.port}`;
    return new Failure('unavailable', `the server went away during the backup: ${message}`, {
      hint: `See with \`pg_isready${at}\` and in its log whether it runs, then take the backup again. ${kept}`,
      cause,
    });
  }
  if (!ours) {
    return new Failure('unavailable', `a file of the backup could not be made in ${directory}: ${message}`, {
      hint: `Look at the folder: \`ls -ld ${directory}; df -h ${directory}\`. ${kept}`,
      cause,
    });
  }
  return new Failure(cause.reason, message, {
    hint: `See what the program said before that, and take the backup again. ${kept}`,
    retryable: cause.retryable,
    cause,
  });
}

function whatIsLeft(directory: string, left: readonly string[]): string {
  return left.length === 0
    ? `nothing of this backup is left in ${directory}`
    : `left of this backup, until the next one removes it: ${left.join('; ')}`;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && 'code' in cause && 'syscall' in cause;
}
