import type { KeptRow } from './list-kept.js';
import type { Work } from './operation.js';
import type { BackupScope } from './scope.js';

/** One kept thing, and what is needed to let it go or to put it back. */
export interface KeptJob {
  readonly row: KeptRow;
  readonly scope: BackupScope;
  /** All policies of the environment. */
  readonly scopes: readonly BackupScope[];
  /** Nobody is asked; the guard is, all the same. */
  readonly force: boolean;
  readonly work: Work;
}
