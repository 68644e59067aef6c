import { exactly, taggedBy } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import { durationMs, filePath, oneOf, text, textLike, truth } from '../shape/scalars.js';
import type { Shape, ShapeValue } from '../shape/shape.js';

const localStore = object(
  { kind: required(exactly('local'), 'A folder.'), directory: required(filePath, 'Where.') },
  { what: 'store' },
);

const bucketName = textLike(
  /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'bad-bucket-name',
  'the name of a bucket',
  'Buckets have 3 to 63 lower-case letters, digits, hyphens and dots; what comes before keys is `prefix`.',
);
const endpoint = textLike(
  /^https?:\/\/[^\s/@?#]+\/?$/,
  'bad-endpoint',
  'the address of an S3 service',
  'Write scheme and host, e.g. `https://s3.example.org`; the bucket is a key of its own.',
);

const credentials = object(
  {
    profile: optional(text(200), 'Section of the file; without one, of what the AWS tools read.'),
    file: optional(
      filePath,
      'A file of the form that the AWS tools read (mode 0600); never the keys themselves.',
    ),
  },
  { what: 'credentials' },
);

const lock = object(
  {
    mode: required(
      oneOf('compliance', 'governance'),
      'compliance: nobody can remove a version in time; governance: whoever has the right to bypass can.',
    ),
    for: required(durationMs, 'How long each copy is locked, from its upload on.'),
  },
  { what: 'lock' },
);

const s3Store = object(
  {
    kind: required(exactly('s3'), 'A bucket, at Amazon or elsewhere.'),
    bucket: required(bucketName, 'Its name.'),
    prefix: optional(text(500), 'What comes before every key.'),
    region: required(text(100), 'Region of the bucket; `us-east-1` where the service has none.'),
    endpoint: optional(endpoint, 'Address of the service; default: Amazon’s own for the region.'),
    pathStyle: optional(
      truth,
      'Bucket in the path instead of the host name; default: true with `endpoint`, false without.',
    ),
    credentials: optional(credentials, 'Where the keys are found; default: as the AWS tools find them.'),
    storageClass: optional(text(100), 'Storage class of new objects, e.g. `STANDARD_IA`.'),
    lock: optional(lock, 'Locks every copy; the bucket must have object lock.'),
    checksums: optional(
      oneOf('when-required', 'when-supported'),
      'The newer checksums of the protocol; many servers refuse them. Default: when-required.',
    ),
    requestTimeout: optional(durationMs, 'Without progress for so long, a request has failed; default 30s.'),
  },
  { what: 'store' },
);

export type LocalStoreDocument = ShapeValue<typeof localStore>;
export type S3StoreDocument = ShapeValue<typeof s3Store>;
export type StoreDocument = LocalStoreDocument | S3StoreDocument;
export const store: Shape<StoreDocument> = taggedBy<StoreDocument>('kind', {
  local: localStore,
  s3: s3Store,
});
