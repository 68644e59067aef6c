import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { Failure } from '../../base/index.js';
import type { Connection } from './connection.js';
import { missingObject } from './find-object.js';
import { failedRequest } from './s3-failure.js';

/**
 * The bytes as the store sends them. The stream fails with `unavailable` when the connection is cut, when nothing comes for the
 * request timeout, or when fewer or more bytes came than were announced: it never ends early in silence.
 */
export async function readObject(
  at: Connection,
  key: string,
  options: { readonly versionId?: string; readonly signal?: AbortSignal } = {},
): Promise<Readable> {
  const { bucket: Bucket, requestTimeoutMs = 30_000 } = at.settings;
  const { versionId, signal } = options;
  const command = () =>
    new GetObjectCommand({
      Bucket,
      Key: at.full(key),
      ...(versionId === undefined ? {} : { VersionId: versionId }),
    });
  const what = `reading ${key}`;
  const gone = ['NoSuchKey', 'NoSuchVersion'];
  const answer = await at
    .send(what, (send) => at.client.send(command(), send), { signal }, gone)
    .catch((cause: unknown) => {
      throw cause instanceof Failure ? cause : missingObject(at, key);
    });
  const { Body: body, ContentLength: announced } = answer;
  if (!(body instanceof Readable)) throw new Failure('unavailable', `${at.describe} sent no body for ${key}`);
  const broken = (why: string) =>
    new Failure('unavailable', `${what} from ${at.describe} broke off: ${why}`, {
      hint: 'Nothing of what was read may be used: try again when the store can be reached.',
      retryable: true,
    });
  // Node decides itself when to end a stream; the first chunk may be waiting already.
  return Readable.from(checked(body, announced, requestTimeoutMs, broken, signal), { objectMode: false });
}

async function* checked(
  body: Readable,
  announced: number | undefined,
  idleMs: number,
  broken: (why: string) => Failure,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const onAbort = () => body.destroy(new Failure('cancelled', 'reading was cancelled'));
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Only while we wait for the store: a slow reader is no failure of its.
      const timer = setTimeout(() => body.destroy(broken(`nothing came for ${idleMs / 1000} s`)), idleMs);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) break;
      bytes += next.value.length;
      yield next.value;
    }
    if (announced !== undefined && bytes !== announced) throw broken(`${bytes} of ${announced} bytes came`);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const { code } = failedRequest(cause);
    if (code === 'TimeoutError') throw broken(`nothing came for ${idleMs / 1000} s`);
    throw broken(`${code} after ${bytes} of ${announced ?? 'unknown'} bytes`);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    body.destroy();
  }
}
