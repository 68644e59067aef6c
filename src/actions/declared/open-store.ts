import { resolve } from 'node:path';
import type { S3StoreDocument, StoreDocument } from '../../language/index.js';
import { openLocalStore, openS3Store, type S3Settings, type Store } from '../../store/index.js';

/** A store as `firedrill.yaml` writes it; nothing is asked of it yet. Paths are relative to the programme. */
export function openStore(document: StoreDocument, directory: string): Store {
  if (document.kind === 'local') return openLocalStore(resolve(directory, document.directory));
  return openS3Store(s3Settings(document, directory));
}

function s3Settings(document: S3StoreDocument, directory: string): S3Settings {
  const { bucket, region, prefix, endpoint, storageClass, lock, requestTimeout } = document;
  const { file, profile } = document.credentials ?? {};
  const named = profile === undefined ? {} : { profile };
  return {
    ...{ bucket, region },
    ...(prefix === undefined ? {} : { prefix }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Hardly any server but Amazon's answers under the bucket's own name.
    pathStyle: document.pathStyle ?? endpoint !== undefined,
    credentials:
      file === undefined
        ? { kind: 'default', ...named }
        : { kind: 'file', path: resolve(directory, file), ...named },
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(lock === undefined ? {} : { lock: { mode: lock.mode } }),
    checksums: document.checksums ?? 'when-required',
    ...(requestTimeout === undefined ? {} : { requestTimeoutMs: requestTimeout }),
  };
}
