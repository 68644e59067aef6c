import { closeSync, fsyncSync, mkdirSync, openSync, readSync, fstatSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { JobObservation } from '../../assessment/index.js';
import type { ProcessIdentity } from '../../children/index.js';

/** A line of the log: a job began, or one ended. Names and times only: no message, no argument, nothing that could be a secret. */
export type JobLine =
  | ({
      readonly v: 1;
      readonly kind: 'started';
      readonly id: string;
      readonly at: string;
      readonly host: string;
      readonly engine: ProcessIdentity;
    } & JobAbout)
  | {
      readonly v: 1;
      readonly kind: 'ended';
      readonly id: string;
      readonly at: string;
      readonly outcome: Exclude<JobObservation['outcome'], 'lost' | 'running'>;
      readonly set: string | null;
    };

export type JobAbout = Pick<JobObservation, 'job' | 'environment' | 'environmentKind' | 'policies' | 'full'>;

/**
 * What this machine saw of backups, verifications and restores, failed ones too. It is state, no evidence: unsigned, and whoever can
 * write the folder can write it.
 */
export function jobLogOf(directory: string): string {
  return join(directory, '.firedrill', 'jobs.jsonl');
}

/** One write of one line at the end of the file, durable when it returns: two commands at once leave both of their lines whole. */
export function appendJobLine(directory: string, line: JobLine): void {
  mkdirSync(join(directory, '.firedrill'), { recursive: true, mode: 0o755 });
  const file = openSync(jobLogOf(directory), 'a+', 0o644);
  try {
    // What a crash left of a line must not swallow this one.
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    const torn = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 10;
    writeSync(file, `${torn ? '\n' : ''}${JSON.stringify(line)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
