import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput,
  type ListPartsCommandOutput,
} from '@aws-sdk/client-s3';
import { Failure } from '../../base/index.js';
import type { Connection } from './connection.js';
import { unquoted } from './find-object.js';
import type { FileSummary } from './part-source.js';
import type { UnfinishedUpload } from './settings.js';
import type { UploadedPart } from './upload-parts.js';

/** Uploads below a prefix that were begun and neither finished nor aborted. */
export async function* unfinishedUploads(
  at: Connection,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<UnfinishedUpload & { readonly storageClass: string }> {
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (marker !== null) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: at.settings.bucket,
      Prefix: at.full(prefix),
      ...marker,
    });
    const page: ListMultipartUploadsCommandOutput = await at.send(
      'listing unfinished uploads',
      (send) => at.client.send(command, send),
      { signal },
    );
    for (const one of page.Uploads ?? []) {
      if (one.Key === undefined || one.UploadId === undefined) continue;
      yield {
        key: at.own(one.Key),
        uploadId: one.UploadId,
        startedAt: (one.Initiated ?? new Date()).toISOString(),
        storageClass: one.StorageClass ?? 'STANDARD',
      };
    }
    marker =
      page.IsTruncated !== true || page.NextKeyMarker === undefined
        ? null
        : {
            KeyMarker: page.NextKeyMarker,
            ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
          };
  }
}

/** An earlier upload of this key all of whose parts are parts of this file, with those parts; null: there is none. */
export async function resumableUpload(
  at: Connection,
  key: string,
  summary: FileSummary,
  partBytes: number,
  signal?: AbortSignal,
): Promise<{ readonly uploadId: string; readonly parts: readonly UploadedPart[] } | null> {
  const wanted = at.settings.storageClass ?? 'STANDARD';
  for await (const upload of unfinishedUploads(at, key, signal)) {
    if (upload.key !== key || upload.storageClass !== wanted) continue;
    const parts = await matchingParts(at, upload, summary, partBytes, signal);
    if (parts !== null && parts.length > 0) return { uploadId: upload.uploadId, parts };
  }
  return null;
}

/** Null as soon as one part is not the file's: then the upload is of something else. */
async function matchingParts(
  at: Connection,
  upload: UnfinishedUpload,
  summary: FileSummary,
  partBytes: number,
  signal?: AbortSignal,
): Promise<UploadedPart[] | null> {
  const found: UploadedPart[] = [];
  let marker: string | undefined;
  do {
    const command: ListPartsCommand = new ListPartsCommand({
      Bucket: at.settings.bucket,
      Key: at.full(upload.key),
      UploadId: upload.uploadId,
      ...(marker === undefined ? {} : { PartNumberMarker: marker }),
    });
    const page: ListPartsCommandOutput | null = await at
      .send(`listing the parts of ${upload.key}`, (send) => at.client.send(command, send), { signal }, [
        'NoSuchUpload',
      ])
      .catch((cause: unknown) => {
        if (cause instanceof Failure) throw cause;
        // It was finished or aborted a moment ago.
        return null;
      });
    if (page === null) return null;
    for (const { PartNumber: number = 0, Size: bytes = -1, ETag: etag } of page.Parts ?? []) {
      const md5 = summary.md5s[number - 1];
      const expected = Math.min(partBytes, summary.bytes - (number - 1) * partBytes);
      if (md5 === undefined || bytes !== expected || unquoted(etag) !== md5.toString('hex')) return null;
      found.push({ number, bytes, md5, etag: etag ?? '' });
    }
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return found;
}

/** Removes one upload with its parts; that it is gone already is no failure. */
export async function abortUpload(
  at: Connection,
  key: string,
  uploadId: string,
  signal?: AbortSignal,
): Promise<void> {
  const command = new AbortMultipartUploadCommand({
    Bucket: at.settings.bucket,
    Key: at.full(key),
    UploadId: uploadId,
  });
  await at
    .send(`removing the parts of ${key}`, (send) => at.client.send(command, send), { signal }, [
      'NoSuchUpload',
    ])
    .catch((cause: unknown) => {
      if (cause instanceof Failure) throw cause;
    });
}

export async function abortUnfinished(
  at: Connection,
  olderThanMs: number,
  signal?: AbortSignal,
): Promise<readonly UnfinishedUpload[]> {
  const aborted: UnfinishedUpload[] = [];
  for await (const { key, uploadId, startedAt } of unfinishedUploads(at, '', signal)) {
    // By the store's own clock, which wrote when the upload was begun.
    const nowThere = Date.now() + (at.skewMs() ?? 0);
    if (nowThere - Date.parse(startedAt) < olderThanMs) continue;
    await abortUpload(at, key, uploadId, signal);
    aborted.push({ key, uploadId, startedAt });
  }
  return aborted;
}
