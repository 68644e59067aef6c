export { openS3Store } from './open-s3-store.js';
export type {
  S3Credentials,
  S3Settings,
  S3Store,
  StaleUpload,
  StoredVersion,
  UnfinishedUpload,
} from './settings.js';
