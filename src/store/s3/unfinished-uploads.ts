import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput,
  type ListPartsCommandOutput,
  type Part,
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

/** Null when one part is not the file's: then the upload is of something else. */
async function matchingParts(
  at: Connection,
  upload: UnfinishedUpload,
  summary: FileSummary,
  partBytes: number,
  signal?: AbortSignal,
): Promise<UploadedPart[] | null> {
  const found: UploadedPart[] = [];
  const parts = await sentParts(at, upload, signal);
  for (const { PartNumber: number = 0, Size: bytes = -1, ETag: etag } of parts ?? []) {
    const md5 = summary.md5s[number - 1];
    const expected = Math.min(partBytes, summary.bytes - (number - 1) * partBytes);
    if (md5 === undefined || bytes !== expected || unquoted(etag) !== md5.toString('hex')) return null;
    found.push({ number, bytes, md5, etag: etag ?? '' });
  }
  return found;
}

/** The parts that have arrived; null: the upload was finished or aborted a moment ago. */
export async function sentParts(
  at: Connection,
  { key, uploadId }: UnfinishedUpload,
  signal?: AbortSignal,
): Promise<Part[] | null> {
  const parts: Part[] = [];
  let marker: string | undefined;
  do {
    const command: ListPartsCommand = new ListPartsCommand({
      Bucket: at.settings.bucket,
      Key: at.full(key),
      UploadId: uploadId,
      ...(marker === undefined ? {} : { PartNumberMarker: marker }),
    });
    const page: ListPartsCommandOutput | null = await at
      .send(`listing the parts of ${key}`, (send) => at.client.send(command, send), { signal }, [
        'NoSuchUpload',
      ])
      .catch((cause: unknown) => {
        if (cause instanceof Failure) throw cause;
        return null;
      });
    if (page === null) return null;
    parts.push(...(page.Parts ?? []));
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
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
