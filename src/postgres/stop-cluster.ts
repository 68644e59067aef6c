import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/index.js';
import { isAlive, sendSignal } from '../children/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { findPostmaster } from './postmaster.js';
import type { PostgresTools } from './tools.js';

export type StopMode = 'smart' | 'fast' | 'immediate';

const signals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/**
 * Stops the server and waits until it is gone; nothing to do when it does not run. Rejects with `timeout` after `timeoutMs`.
 * A frozen server is not woken up, because it might take writes first: that one times out and is for `killCluster`.
 */
export async function stopCluster(
  _tools: PostgresTools,
  location: ClusterLocation,
  mode: StopMode = 'fast',
  options: { readonly timeoutMs?: number } = {},
): Promise<void> {
  const postmaster = await findPostmaster(location.dataDirectory);
  if (postmaster === null) return;
  const timeoutMs = options.timeoutMs ?? 60_000;
  const deadline = performance.now() + timeoutMs;
  sendSignal(postmaster, signals[mode]);
  while (isAlive(postmaster)) {
    if (performance.now() > deadline) {
      throw new Failure(
        'timeout',
        `server on ${location.dataDirectory} did not stop (${mode}) within ${timeoutMs / 1000} s`,
      );
    }
    await delay(10);
  }
}
