export { readCredentialsFile } from './credentials.js';
export { openS3Store } from './open-s3-store.js';
export { openOriginals } from './originals.js';
export type {
  S3Credentials,
  S3Settings,
  S3Store,
  StaleUpload,
  StoredVersion,
  UnfinishedUpload,
} from './settings.js';
