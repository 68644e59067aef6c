import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Failure } from '../../base/index.js';
import { NotConfirmed } from '../backup/confirm.js';
import type { BackupScope } from '../backup/scope.js';
import { Exit } from '../exit.js';
import { remark, type CommonOptions } from '../output.js';
import { ownIdentity } from '../session.js';
import { appendJobLine, type JobAbout, type JobLine } from './job-log.js';

type Ended = Extract<JobLine, { kind: 'ended' }>;

/** What is known of a job once it is over. */
export interface JobResult<T> {
  readonly value: T;
  readonly set: string | null;
  /** It came to an end, and a bad one. */
  readonly failed: boolean;
}

/**
 * Does the work and notes that it began and how it ended, whatever happens, so that failures are counted as well. A log that cannot be
 * written stops no backup: it is said, and readiness does not count what was not observed.
 */
export async function observeJob<T>(
  options: Pick<CommonOptions, 'directory' | 'quiet'>,
  about: JobAbout,
  work: () => Promise<JobResult<T>>,
): Promise<T> {
  const id = `${about.job}-${randomBytes(6).toString('hex')}`;
  const note = (line: JobLine): void => {
    try {
      appendJobLine(options.directory, line);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      remark(options, `warning: this ${about.job} is not observed for readiness: ${why}`);
    }
  };
  const end = (outcome: Ended['outcome'], set: string | null): void =>
    note({ v: 1, kind: 'ended', id, at: now(), outcome, set });
  note({ v: 1, kind: 'started', id, at: now(), host: hostname(), engine: ownIdentity(), ...about });
  try {
    const { value, set, failed } = await work();
    end(failed ? 'failed' : 'succeeded', set);
    return value;
  } catch (error) {
    end(outcomeOf(error), null);
    throw error;
  }
}

/** For policies of one environment. */
export function aboutJob(job: JobAbout['job'], scopes: readonly BackupScope[], full = false): JobAbout {
  const [first] = scopes;
  return {
    job,
    environment: first?.environment ?? '',
    environmentKind: first?.kind ?? 'lab',
    policies: [...new Set(scopes.map((one) => one.policy))],
    full,
  };
}

function outcomeOf(error: unknown): Ended['outcome'] {
  if (error instanceof Exit) return error.exit === 'usage' ? 'not-run' : 'failed';
  if (!(error instanceof Failure)) return 'failed';
  if (error instanceof NotConfirmed) return 'refused';
  if (error.reason === 'cancelled') return 'interrupted';
  return error.reason === 'refused' ? 'refused' : 'failed';
}

function now(): string {
  return new Date().toISOString();
}
