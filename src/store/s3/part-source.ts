import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Failure } from '../../base/index.js';
import { usualPartBytes } from './settings.js';

/** One part of an upload: what is sent, and how it is told from any other. */
export interface Part {
  readonly number: number;
  readonly bytes: number;
  readonly md5: Buffer;
  /** Fresh for every attempt. */
  body(): Uint8Array | Readable;
  /** Its memory may be used for another part. */
  release(): void;
}

export interface FileSummary {
  readonly bytes: number;
  readonly sha256: string;
  readonly md5s: readonly Buffer[];
}

const readBytes = 1024 ** 2;

/**
 * Reads a file once to know its hash and those of its parts. The hash of the whole must be known before the upload is begun,
 * because metadata cannot be added later, and the hashes of the parts say which of them are there already.
 */
export async function summarizeFile(
  path: string,
  partBytes: number,
  signal?: AbortSignal,
): Promise<FileSummary> {
  const whole = createHash('sha256');
  const md5s: Buffer[] = [];
  let part: Hash | null = null;
  let inPart = 0;
  let bytes = 0;
  const buffer = Buffer.allocUnsafe(readBytes);
  const file = await open(path, 'r');
  try {
    for (;;) {
      if (signal?.aborted === true) throw new Failure('cancelled', `reading ${path} was cancelled`);
      const { bytesRead } = await file.read(buffer, 0, Math.min(readBytes, partBytes - inPart));
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      whole.update(chunk);
      part ??= createHash('md5');
      part.update(chunk);
      bytes += bytesRead;
      inPart += bytesRead;
      if (inPart < partBytes) continue;
      md5s.push(part.digest());
      part = null;
      inPart = 0;
    }
  } finally {
    await file.close();
  }
  if (part !== null) md5s.push(part.digest());
  return { bytes, sha256: whole.digest('hex'), md5s };
}

/**
 * The parts of a file but those that are there already. Small ones are read into memory that is used again and again, because
 * the garbage of streams costs more; large ones are read while they are sent.
 */
export async function* partsOfFile(
  path: string,
  summary: FileSummary,
  partBytes: number,
  without: ReadonlySet<number>,
): AsyncGenerator<Part> {
  const free: Buffer[] = [];
  const file = await open(path, 'r');
  try {
    for (const [at, md5] of summary.md5s.entries()) {
      if (without.has(at + 1)) continue;
      const start = at * partBytes;
      const bytes = Math.min(partBytes, summary.bytes - start);
      const part = { number: at + 1, bytes, md5 };
      if (partBytes > usualPartBytes) {
        const body = () => createReadStream(path, { start, end: start + bytes - 1 });
        yield { ...part, body, release: () => undefined };
        continue;
      }
      const memory = free.pop() ?? Buffer.allocUnsafeSlow(partBytes);
      await readFully(file, memory.subarray(0, bytes), start, path);
      yield { ...part, body: () => memory.subarray(0, bytes), release: () => free.push(memory) };
    }
  } finally {
    await file.close();
  }
}

async function readFully(file: FileHandle, into: Buffer, start: number, path: string): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, start + done);
    if (bytesRead === 0) throw new Failure('unavailable', `${path} became shorter while it was being sent`);
    done += bytesRead;
  }
}

export interface StreamSource {
  readonly whole: Hash;
  /** Asked for one at a time; each takes a piece of memory until it is released. */
  parts(): AsyncGenerator<Part>;
  /** The bytes of the stream when all of them fit into one part, else null: then they are in `parts`. */
  onlyPart(): Promise<Uint8Array | null>;
}

/** Cuts a stream into parts. `sizeOf` tells how large the part of that number is to be. */
export function cutStream(body: Readable, sizeOf: (number: number) => number): StreamSource {
  const whole = createHash('sha256');
  const chunks = (body as AsyncIterable<Uint8Array | string>)[Symbol.asyncIterator]();
  const free: Buffer[] = [];
  let rest: Uint8Array = new Uint8Array();
  let ended = false;
  let first: { memory: Buffer; filled: number } | null = null;

  const fill = async (size: number) => {
    const at = free.findIndex((one) => one.length === size);
    const memory = at === -1 ? Buffer.allocUnsafeSlow(size) : (free.splice(at, 1)[0] ?? Buffer.alloc(size));
    let filled = 0;
    while (filled < size && !ended) {
      if (rest.length === 0) {
        const next = await chunks.next().catch((cause: unknown) => {
          if (cause instanceof Failure) throw cause;
          const why = cause instanceof Error ? cause.message : 'unknown error';
          throw new Failure('unavailable', `the bytes to be put broke off: ${why}`, { cause });
        });
        ended = next.done === true;
        if (next.done !== true) rest = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
        continue;
      }
      const taken = rest.subarray(0, size - filled);
      memory.set(taken, filled);
      whole.update(taken);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
    return { memory, filled };
  };
  return {
    whole,
    async onlyPart() {
      first = await fill(sizeOf(1));
      // A stream that fills the part exactly may have ended all the same: that is a second, empty part, which is left out.
      return ended && rest.length === 0 ? first.memory.subarray(0, first.filled) : null;
    },
    async *parts() {
      for (let number = 1; ; number += 1) {
        const { memory, filled } = number === 1 && first !== null ? first : await fill(sizeOf(number));
        if (filled === 0) return;
        const bytes = memory.subarray(0, filled);
        const md5 = createHash('md5').update(bytes).digest();
        yield { number, bytes: filled, md5, body: () => bytes, release: () => free.push(memory) };
      }
    },
  };
}

/** The bytes of a stream of unknown length are cut into ever larger parts, so that 10,000 of them hold 440 GB and more. */
export function growingParts(partBytes: number): (number: number) => number {
  return (number) => partBytes * (1 + Math.floor((number - 1) / 1000));
}
