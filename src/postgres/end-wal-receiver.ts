import { sendSignal } from '../children/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { childrenOf } from './kill-cluster.js';
import { findPostmaster } from './postmaster.js';

/** Ends a standby's own receiver of the log, hanging or frozen; its server starts another when it wants to stream again. */
export async function endWalReceiver({ dataDirectory }: ClusterLocation, pid: number): Promise<void> {
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === null) return;
  const receiver = (await childrenOf(postmaster.pid)).find((child) => child.pid === pid);
  if (receiver === undefined) return;
  sendSignal(receiver, 'SIGTERM');
  sendSignal(receiver, 'SIGCONT');
}
