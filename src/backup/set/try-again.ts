import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';

const firstPauseMs = 500;
const longestPauseMs = 20_000;

/**
 * Does something that may fail for a while: tries again after 0.5, 1, 2 … s as long as the failure says that it may pass.
 * The last failure goes on as it was. `onRetry` learns of each that is tried again.
 */
export async function tryAgain<T>(
  work: (attempt: number) => Promise<T>,
  options: {
    readonly attempts: number;
    readonly signal?: AbortSignal;
    readonly onRetry?: (failure: Failure, pauseMs: number) => void;
  },
): Promise<T> {
  const { attempts, signal, onRetry } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (failure) {
      const again = failure instanceof Failure && failure.retryable && attempt < attempts;
      if (!again || signal?.aborted === true) throw failure;
      // Many that failed together do not come back together.
      const pauseMs =
        Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2);
      onRetry?.(failure, pauseMs);
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => {
        throw new Failure('cancelled', 'waiting for another attempt was cancelled');
      });
    }
  }
}
