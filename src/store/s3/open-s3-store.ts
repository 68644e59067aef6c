import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Failure } from '../../base/index.js';
import type { PutOptions, PutResult } from '../store.js';
import { keepsVersions } from './bucket-facts.js';
import { connect, type Connection } from './connection.js';
import { findObject, missingObject, refuseExisting } from './find-object.js';
import { listCurrent, listFolders, listObjects, listVersions } from './list-objects.js';
import { cutStream, growingParts, partsOfFile, summarizeFile } from './part-source.js';
import { probeStore } from './probe-store.js';
import { putInParts } from './put-in-parts.js';
import { putObject } from './put-object.js';
import { readObject } from './read-object.js';
import { failedRequest, s3Failure } from './s3-failure.js';
import { partBytesFor, type S3Settings, type S3Store } from './settings.js';
import { abortUnfinished, staleUploads } from './stale-uploads.js';
import { abortUpload, resumableUpload } from './unfinished-uploads.js';

/**
 * A bucket as a store. Nothing is asked before the first call. At most four parts are in memory or on their way at a time; what
 * a call is refused or cannot do is a `Failure` with the sentence that helps.
 */
export function openS3Store(settings: S3Settings): S3Store {
  const at = connect(settings);
  let versioned: Promise<boolean> | null = null;
  // Credentials that may list objects and nothing else still get their list, without the versions.
  const asksVersions = async (signal?: AbortSignal) =>
    (versioned ??= keepsVersions(at, signal).catch((failure: unknown) => {
      if (!(failure instanceof Failure) || failure.reason !== 'cancelled') return false;
      // It was not answered: the next call asks again.
      versioned = null;
      throw failure;
    }));
  return {
    kind: 's3',
    describe: at.describe,
    probe: (signal) => probeStore(at, signal),
    put: async (key, body, options = {}) => {
      requireKey(key);
      await refuseExisting(at, key, options.signal);
      return body instanceof Uint8Array
        ? putBytes(at, key, body, options)
        : putStream(at, key, body, options);
    },
    putFile: async (key, path, options = {}) => {
      requireKey(key);
      await refuseExisting(at, key, options.signal);
      return putFile(at, key, path, options);
    },
    get: async (key, options) => {
      requireKey(key);
      return readObject(at, key, options);
    },
    head: async (key, signal) => {
      requireKey(key);
      return (await findObject(at, key, { signal }))?.facts ?? null;
    },
    list: async function* (prefix, signal) {
      yield* (await asksVersions(signal)) ? listCurrent(at, prefix, signal) : listObjects(at, prefix, signal);
    },
    folders: (prefix, signal) => listFolders(at, prefix, signal),
    delete: async (key, signal) => {
      requireKey(key);
      if ((await findObject(at, key, { signal })) === null) throw missingObject(at, key);
      await remove(at, key, { signal });
    },
    versions: (prefix, signal) => listVersions(at, prefix, signal),
    headVersion: async (key, versionId) => (await findObject(at, key, { versionId }))?.facts ?? null,
    deleteVersion: (key, versionId, signal) => remove(at, key, { versionId, signal }),
    staleUploads: (olderThanMs, signal) => staleUploads(at, olderThanMs, signal),
    abortUpload: (key, uploadId, signal) => abortUpload(at, key, uploadId, signal),
    abortUnfinished: (olderThanMs, signal) => abortUnfinished(at, olderThanMs, signal),
  };
}

/** The keys that every kind of store takes: what cannot be a path below a folder is none. */
function requireKey(key: string): void {
  if (key !== '' && key.split('/').every((part) => part !== '' && part !== '.' && part !== '..')) return;
  throw new Failure('refused', `not a key inside the store: ${key}`);
}

async function putBytes(
  at: Connection,
  key: string,
  body: Uint8Array,
  options: PutOptions,
): Promise<PutResult> {
  return body.length <= partBytesFor(at.settings, body.length)
    ? putObject(at, key, body, options)
    : putStream(at, key, Readable.from([body]), { ...options, bytes: body.length });
}

async function putStream(
  at: Connection,
  key: string,
  body: Readable,
  options: PutOptions,
): Promise<PutResult> {
  const partBytes = partBytesFor(at.settings, options.bytes ?? 0);
  const source = cutStream(body, options.bytes === undefined ? growingParts(partBytes) : () => partBytes);
  const only = await source.onlyPart();
  if (only !== null) return putObject(at, key, only, options);
  const request = { key, parts: source.parts(), sha256: null, earlier: null, keepParts: false, options };
  const { bytes, versionId } = await putInParts(at, request);
  return { bytes, sha256: source.whole.digest('hex'), versionId };
}

async function putFile(at: Connection, key: string, path: string, options: PutOptions): Promise<PutResult> {
  const partBytes = partBytesFor(at.settings, (await stat(path)).size);
  const summary = await summarizeFile(path, partBytes, options.signal);
  if (summary.md5s.length <= 1) return putObject(at, key, await readFile(path), options);
  const earlier = await resumableUpload(at, key, summary, partBytes, options.signal);
  const there = new Set(earlier?.parts.map((part) => part.number));
  const parts = partsOfFile(path, summary, partBytes, there);
  const request = { key, parts, sha256: summary.sha256, earlier, keepParts: true, options };
  const { versionId } = await putInParts(at, request);
  return { bytes: summary.bytes, sha256: summary.sha256, versionId };
}

async function remove(
  at: Connection,
  key: string,
  { versionId, signal }: { readonly versionId?: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const command = new DeleteObjectCommand({ Bucket: at.settings.bucket, Key: at.full(key), ...version });
  const denied = ['AccessDenied', 'ObjectLocked', 'InvalidRequest'];
  try {
    await at.send(`deleting ${key}`, (send) => at.client.send(command, send), { signal }, denied);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    // Services say no in one word whatever the reason: whether it is the lock, the version itself tells.
    const found = await findObject(at, key, { signal, ...(versionId === undefined ? {} : { versionId }) });
    const until = found?.facts.lockedUntil ?? null;
    if (versionId === undefined || until === null || Date.parse(until) <= Date.now())
      throw s3Failure(at.settings, `deleting ${key}`, cause, at.skewMs());
    throw new Failure(
      'refused',
      `version ${versionId} of ${key} in ${at.describe} is locked until ${until} (${found?.facts.lockMode ?? 'unknown mode'}, status ${failedRequest(cause).status ?? 'none'})`,
      {
        hint: 'Nobody can remove it before; let retention remove it afterwards.',
      },
    );
  }
}
