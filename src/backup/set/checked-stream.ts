import { createHash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { Failure } from '../../base/index.js';

/**
 * Passes bytes on and ends only when they were the right ones: whoever writes them fails before publishing anything else.
 * Breaks with `check` for other bytes, with `unavailable` (try again) when there were too few.
 */
export function checkedStream(
  body: Readable,
  expected: { readonly what: string; readonly bytes: number; readonly sha256: string },
  passed?: (bytes: number) => void,
): Readable {
  const hash = createHash('sha256');
  let bytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      passed?.(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      done(problem(expected, bytes, hash.digest('hex')));
    },
  });
  // Whoever reads the end of it gets the failure of its beginning.
  return pipeline(body, check, () => undefined);
}

function problem(
  expected: { readonly what: string; readonly bytes: number; readonly sha256: string },
  bytes: number,
  sha256: string,
): Failure | null {
  if (bytes < expected.bytes)
    return new Failure('unavailable', `${expected.what} ended after ${bytes} of ${expected.bytes} bytes`);
  if (bytes > expected.bytes)
    return new Failure('check', `${expected.what} has more than the ${expected.bytes} bytes of its manifest`);
  if (sha256 === expected.sha256) return null;
  return new Failure('check', `${expected.what} has another SHA-256 than its manifest says`);
}
