import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Redactor } from './redactor.js';
import { unwritable } from './durable-file.js';

/** Gathered before one write call, so that a chatty program does not cost one call a line. */
const gatheredBytes = 64 * 1024;
/** What a tail is made from; the whole output is on disk. */
const rememberedBytes = 64 * 1024;

export interface OutputFile {
  /** Never throws: the first error of the disk is kept for `finish`. */
  write(chunk: string | Uint8Array): void;
  /** The last redacted bytes that may be shown: whole lines only. */
  recent(): string;
  /** Redacts and writes the rest and makes it durable; rejects with `unavailable` when anything could not be written. */
  finish(
    keepEmpty: boolean,
  ): Promise<{ readonly bytes: number; readonly sha256: string; readonly redactions: number }>;
}

/** A new file that output goes into, redacted and hashed on its way. Memory used does not grow with the output. */
export function outputFile(file: string, redactor: Redactor): OutputFile {
  const stream = redactor.stream();
  const hash = createHash('sha256');
  const descriptor = openSync(file, 'wx', 0o644);
  let gathered: Buffer[] = [];
  let waiting = 0;
  let bytes = 0;
  const remembered: Buffer[] = [];
  let rememberedLength = 0;
  let broken: unknown = null;

  const flush = () => {
    if (waiting === 0 || broken !== null) return;
    const whole = Buffer.concat(gathered);
    gathered = [];
    waiting = 0;
    try {
      for (let done = 0; done < whole.length;) done += writeSync(descriptor, whole, done);
    } catch (error) {
      broken = error;
      return;
    }
    hash.update(whole);
    bytes += whole.length;
  };

  const keep = (kept: Buffer) => {
    if (kept.length === 0 || broken !== null) return;
    gathered.push(kept);
    waiting += kept.length;
    remembered.push(kept);
    rememberedLength += kept.length;
    while (rememberedLength - (remembered[0]?.length ?? 0) >= rememberedBytes) {
      rememberedLength -= remembered.shift()?.length ?? 0;
    }
    if (waiting >= gatheredBytes) flush();
  };

  return {
    write: (chunk) => keep(stream.push(chunk)),
    recent: () => Buffer.concat(remembered).subarray(-rememberedBytes).toString(),
    finish: async (keepEmpty) => {
      keep(stream.end());
      flush();
      try {
        // Off this thread: hundreds of megabytes may wait for the disk, and the screen goes on meanwhile.
        // A file without anything in it is about to be removed, unless it is to be kept.
        if (broken === null && (bytes > 0 || keepEmpty)) await promisify(fsync)(descriptor);
      } catch (error) {
        broken = error;
      }
      closeSync(descriptor);
      if (broken !== null) throw unwritable(file, broken);
      return { bytes, sha256: hash.digest('hex'), redactions: stream.redactions() };
    },
  };
}
