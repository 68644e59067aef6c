export type { BucketRequest } from './bucket.js';
export type { ObjectStoreProcess } from './processes.js';
export * from './start-object-store.js';
export { objectStoreTools, type ObjectStoreTools } from './tools.js';
