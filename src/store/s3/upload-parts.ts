import { UploadPartCommand, type CompletedPart } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Failure } from '../../base/index.js';
import type { Connection } from './connection.js';
import type { Part } from './part-source.js';
import { uploadsAtOnce } from './settings.js';

export interface UploadedPart {
  readonly number: number;
  readonly bytes: number;
  readonly md5: Buffer;
  readonly etag: string;
}

/**
 * Sends the parts, four at a time; a part is asked for only when there is room to send it. When one fails for good the others
 * are ended, and the first failure is thrown.
 */
export async function uploadParts(
  at: Connection,
  upload: { readonly key: string; readonly uploadId: string },
  parts: AsyncIterator<Part> | Iterator<Part>,
  options: { readonly signal?: AbortSignal | undefined; readonly sent: (bytes: number) => void },
): Promise<UploadedPart[]> {
  const done: UploadedPart[] = [];
  const ending = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
  const failures: unknown[] = [];
  const work = async () => {
    for (;;) {
      if (signal.aborted) return;
      const next = await parts.next();
      if (next.done === true) return;
      const part = next.value;
      const etag = await uploadPart(at, upload, part, signal);
      part.release();
      done.push({ number: part.number, bytes: part.bytes, md5: part.md5, etag });
      options.sent(part.bytes);
    }
  };
  const guarded = () =>
    work().catch((cause: unknown) => {
      failures.push(cause);
      ending.abort();
    });
  await Promise.all(Array.from({ length: uploadsAtOnce }, guarded));
  // A source that was not read to its end still has its file to close.
  await parts.return?.();
  if (failures.length > 0) throw failures[0];
  if (options.signal?.aborted === true) throw new Failure('cancelled', `putting ${upload.key} was cancelled`);
  return done.sort((a, b) => a.number - b.number);
}

async function uploadPart(
  at: Connection,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
  part: Part,
  signal: AbortSignal,
): Promise<string> {
  const command = () =>
    new UploadPartCommand({
      Bucket: at.settings.bucket,
      Key: at.full(key),
      UploadId: uploadId,
      PartNumber: part.number,
      Body: part.body(),
      ContentLength: part.bytes,
      ContentMD5: part.md5.toString('base64'),
    });
  // The same part sent twice is one part: nothing has to be settled.
  const answer = await at.send(
    `putting part ${part.number} of ${key}`,
    (send) => at.client.send(command(), send),
    { signal, bytes: part.bytes },
  );
  return answer.ETag ?? part.md5.toString('hex');
}

export function completed(parts: readonly UploadedPart[]): CompletedPart[] {
  return parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
}

/** What services call an object in parts: the MD5 of the parts' MD5 sums, and how many there are. */
export function compositeEtag(parts: readonly UploadedPart[]): string {
  const hash = createHash('md5');
  for (const { md5 } of parts) hash.update(md5);
  return `${hash.digest('hex')}-${parts.length}`;
}
