import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import type { Store } from '../../store/index.js';
import type { Repository } from '../pgbackrest/open-repository.js';
import type { Progress } from '../progress.js';
import type { ListedSet } from '../set/backup-set.js';
import type { TrustedKeys } from '../set/signing.js';
import type { Freshness, SmokeQuery } from './check-usable.js';
import type { TestNumber } from './verification.js';

export interface VerifyRequest {
  readonly tools: PostgresTools;
  readonly store: Store;
  readonly set: ListedSet;
  readonly trusted: TrustedKeys;
  /** Identity files of age. Without one an encrypted set is not opened, and so not verified. */
  readonly identities?: readonly string[];
  /** The receiver's folder on this machine; without it the log is fetched from where it was shipped to in the store. */
  readonly walDirectory?: string;
  /** Where a set of the kind `pgbackrest` lies; such a set is not verified without it. */
  readonly repository?: Repository;
  /** Where the isolated test restore may be made; nothing may stand there, and nothing stays but a passfile that was there. */
  readonly scratch: ClusterLocation;
  /** A folder to be made, for what is fetched and decrypted; it is gone afterwards. */
  readonly stagingDirectory: string;
  /** Restores too; otherwise tests 4 to 8 are not run, and the result is partial. */
  readonly full: boolean;
  readonly passwordFrom?: ClusterLocation;
  readonly freshness?: Freshness;
  readonly smoke?: readonly SmokeQuery[];
  /** Where the WAL must reach to, where the server can be asked. */
  readonly toLsn?: string;
  /** All that can be required of such a set unless told: decrypting only where there is something to decrypt. */
  readonly required?: readonly TestNumber[];
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}
