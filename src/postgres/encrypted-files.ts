import { open, readdir, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { Failure } from '../base/index.js';
import { relationFiles } from './relation-files.js';

export interface EncryptedFile {
  /** Below the data directory. */
  readonly file: string;
  readonly bytes: number;
  /** UTC. */
  readonly modifiedAt: string;
  /** Entropy of its sample, 0 to 8 bits a byte. */
  readonly bitsPerByte: number;
}

export interface EntropyReport {
  /** Files that were sampled, and bytes of them. */
  readonly sampled: number;
  readonly sampledBytes: number;
  /** Size of all samples compressed, as a share of their size: 1 is noise. */
  readonly compressedShare: number;
  readonly encrypted: readonly EncryptedFile[];
  /** When the first of them was written (UTC); null: none is. */
  readonly since: string | null;
  /** Files beside the cluster's own, such as a note. */
  readonly strangers: readonly string[];
}

const sampleBytes = 64 * 1024;
/** What cannot be made smaller than this share of itself is noise; one page of text takes a third. */
const noiseShare = 0.97;
/** A smaller sample of anything looks like noise to a compressor. */
const leastBytes = 4096;

/**
 * Reads the beginning of every relation's file from disk, not through the server, and says which are noise where PostgreSQL writes
 * pages. Rejects with `unavailable` when the data directory cannot be read from here.
 */
export async function findEncryptedFiles(
  dataDirectory: string,
  signal?: AbortSignal,
): Promise<EntropyReport> {
  const files = await relationFiles(dataDirectory).catch((cause: unknown) => {
    throw new Failure(
      'unavailable',
      `the files of the cluster in ${dataDirectory} cannot be read from here`,
      {
        hint: 'Name its `dataDirectory` in firedrill.yaml and run this on its machine, or look there by hand.',
        cause,
      },
    );
  });
  const encrypted: EncryptedFile[] = [];
  let [sampled, plain, packed] = [0, 0, 0];
  for (const path of files) {
    if (signal?.aborted === true) throw new Failure('cancelled', 'looking at the files was cancelled');
    const sample = await beginningOf(path);
    if (sample === null || sample.length === 0) continue;
    const compressed = zstdCompressSync(sample).length;
    [sampled, plain, packed] = [sampled + 1, plain + sample.length, packed + compressed];
    if (sample.length < leastBytes || compressed / sample.length < noiseShare || isPage(sample)) continue;
    const { size, mtime } = await stat(path);
    encrypted.push({
      ...{ file: relative(dataDirectory, path), bytes: size, modifiedAt: mtime.toISOString() },
      bitsPerByte: Math.round(entropyOf(sample) * 100) / 100,
    });
  }
  return {
    ...{ sampled, sampledBytes: plain, encrypted },
    compressedShare: plain === 0 ? 0 : Math.round((packed / plain) * 1000) / 1000,
    since: encrypted.map((one) => one.modifiedAt).sort()[0] ?? null,
    strangers: await strangersIn(dataDirectory),
  };
}

async function beginningOf(path: string): Promise<Buffer | null> {
  const file = await open(path).catch(() => null);
  // The server drops files all the time.
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Whether the first page says what every page says of itself, its size and layout version (bufpage.h), or is still empty. */
function isPage(sample: Buffer): boolean {
  const sizeAndVersion = sample.readUInt16LE(18);
  const [size, version] = [sizeAndVersion & 0xff00, sizeAndVersion & 0x00ff];
  const known = size === 8192 && version >= 1 && version <= 8;
  return known || sample.subarray(0, 24).every((byte) => byte === 0);
}

function entropyOf(sample: Buffer): number {
  const counts = new Array<number>(256).fill(0);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts.reduce((sum, count) => {
    const share = count / sample.length;
    return count === 0 ? sum : sum - share * Math.log2(share);
  }, 0);
}

const ownFiles =
  /^(PG_VERSION|postgresql(\.auto)?\.conf|pg_(hba|ident)\.conf|postmaster\.(pid|opts)|backup_(label|manifest)(\.old)?|tablespace_map(\.old)?|(recovery|standby)\.signal|current_logfiles|server\.(key|crt)|root\.crt|logfile|.*\.log)$/;

async function strangersIn(dataDirectory: string): Promise<string[]> {
  const entries = await readdir(dataDirectory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !ownFiles.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}
