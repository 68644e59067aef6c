import type { Environment } from '../actions/index.js';
import type { Failure } from '../base/index.js';
import type { EnvironmentPort } from '../executor/index.js';

/** The executor's port to an environment, and what only the composition root needs of it. */
export interface RunPort extends EnvironmentPort {
  /** What actions act on; throws before `open`. */
  readonly environment: () => Environment;
  /** Why it could not be opened, if it could not. */
  failure(): Failure | null;
  /** Lets go of it without changing anything: an interrupted engine must end, and its environment must stay. */
  release(): void;
}
