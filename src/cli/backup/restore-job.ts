import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import type { FoundSet } from './find-set.js';
import type { Work } from './operation.js';
import type { BackupScope } from './scope.js';

export interface RestoreJob {
  readonly found: FoundSet;
  readonly scope: BackupScope;
  readonly tools: PostgresTools;
  readonly identities: readonly string[];
  /** An isolated place, gone with everything in it after the work. */
  readonly scratch: ClusterLocation;
  /** A folder for what is fetched and decrypted. */
  readonly stagingDirectory: string;
  readonly work: Work;
}

export interface Restored {
  readonly lines: readonly string[];
  readonly data: { readonly [key: string]: unknown };
}
