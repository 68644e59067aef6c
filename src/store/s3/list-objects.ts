import {
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  type ListObjectVersionsCommandOutput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { StoredObject } from '../store.js';
import type { Connection } from './connection.js';
import type { StoredVersion } from './settings.js';

/** What this store keeps for its own use and shows to nobody. */
export const probeKey = '.firedrill-probe';

/** Sorted by key, a page at a time; versions are not known this way. */
export async function* listObjects(
  at: Connection,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<StoredObject> {
  for await (const page of pages(at, prefix, { signal })) {
    for (const one of page.Contents ?? []) {
      const key = at.own(one.Key ?? '');
      if (key === probeKey) continue;
      yield { key, bytes: one.Size ?? 0, modifiedAt: timeOf(one.LastModified), versionId: null };
    }
  }
}

/** Where versions are kept: the same, each with the version that is current. */
export async function* listCurrent(
  at: Connection,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<StoredObject> {
  for await (const { isLatest, isDeleteMarker, ...object } of listVersions(at, prefix, signal)) {
    if (isLatest && !isDeleteMarker) yield object;
  }
}

/** Names directly below a prefix that have objects below them. */
export async function listFolders(at: Connection, prefix: string, signal?: AbortSignal): Promise<string[]> {
  const found = new Set<string>();
  for await (const page of pages(at, prefix, { signal, delimiter: '/' })) {
    for (const { Prefix = '' } of page.CommonPrefixes ?? [])
      found.add(at.own(Prefix).slice(prefix.length, -1));
  }
  return [...found].sort();
}

/** Every version and delete marker, by key, the newest first. */
export async function* listVersions(
  at: Connection,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<StoredVersion> {
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (marker !== null) {
    const request: object = marker;
    const page: ListObjectVersionsCommandOutput = await at.send(
      `listing the versions of ${prefix}`,
      (send) =>
        at.client.send(
          new ListObjectVersionsCommand({ Bucket: at.settings.bucket, Prefix: at.full(prefix), ...request }),
          send,
        ),
      { signal },
    );
    yield* versionsOf(at, page);
    marker =
      page.IsTruncated !== true || page.NextKeyMarker === undefined
        ? null
        : {
            KeyMarker: page.NextKeyMarker,
            ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
          };
  }
}

/** A page gives versions and markers apart; together they are in order again. */
function versionsOf(at: Connection, page: ListObjectVersionsCommandOutput): StoredVersion[] {
  const found = [
    ...(page.Versions ?? []).map((one) => ({ one, bytes: one.Size ?? 0, isDeleteMarker: false })),
    ...(page.DeleteMarkers ?? []).map((one) => ({ one, bytes: 0, isDeleteMarker: true })),
  ].map(({ one, bytes, isDeleteMarker }) => ({
    key: at.own(one.Key ?? ''),
    bytes,
    modifiedAt: timeOf(one.LastModified),
    versionId: one.VersionId ?? 'null',
    isLatest: one.IsLatest ?? false,
    isDeleteMarker,
  }));
  // The sort is stable: within one kind the service's own order decides between equal times.
  return found
    .filter(({ key }) => key !== probeKey)
    .sort(
      (a, b) =>
        compare(a.key, b.key) ||
        Number(b.isLatest) - Number(a.isLatest) ||
        compare(b.modifiedAt, a.modifiedAt),
    );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

async function* pages(
  at: Connection,
  prefix: string,
  { delimiter, signal }: { readonly delimiter?: string; readonly signal: AbortSignal | undefined },
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: at.settings.bucket,
      Prefix: at.full(prefix),
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await at.send(
      `listing ${prefix === '' ? 'everything' : prefix}`,
      (send) => at.client.send(command, send),
      { signal },
    );
    yield page;
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

function timeOf(date: Date | undefined): string {
  return (date ?? new Date(0)).toISOString();
}
