export { allowWriter, type BucketRequest } from './bucket.js';
export { findProcess as objectStoreProcess, type ObjectStoreProcess } from './processes.js';
export * from './start-object-store.js';
export { objectStoreTools, type ObjectStoreTools } from './tools.js';
export { renewKeys, revokeKeys } from './user-keys.js';
export { credentialsFileOf } from './users.js';
