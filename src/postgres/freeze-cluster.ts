import { Failure } from '../base/index.js';
import { parentOf, sendSignal, type ProcessIdentity } from '../children/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { childrenOf } from './kill-cluster.js';
import { findPostmaster } from './postmaster.js';

/**
 * Stops every process of a server where it stands, as a host that hangs does: its connections stay open, and nobody answers on
 * them. The postmaster first, so that it starts no more children; returns the process ids. Rejects with `unavailable` when no server runs.
 */
export async function freezeCluster(location: ClusterLocation): Promise<number[]> {
  const postmaster = await findPostmaster(location.dataDirectory);
  if (postmaster === null)
    throw new Failure('unavailable', `no server runs on ${location.dataDirectory} that could be frozen`);
  sendSignal(postmaster, 'SIGSTOP');
  const children = await childrenOf(postmaster.pid);
  for (const child of children) sendSignal(child, 'SIGSTOP');
  return [postmaster.pid, ...children.map((child) => child.pid)];
}

/** Lets a frozen server go on, children first; returns whether there was one. A server that was not frozen does not notice. */
export async function thawCluster(location: ClusterLocation): Promise<boolean> {
  const postmaster = await findPostmaster(location.dataDirectory);
  if (postmaster === null) return false;
  for (const child of await childrenOf(postmaster.pid)) sendSignal(child, 'SIGCONT');
  return sendSignal(postmaster, 'SIGCONT');
}

/** Freezes single processes of this server, such as those that send its log; those that are no children of it are left alone. */
export async function freezeProcesses(
  location: ClusterLocation,
  pids: readonly number[],
): Promise<ProcessIdentity[]> {
  const postmaster = await findPostmaster(location.dataDirectory);
  if (postmaster === null) return [];
  const children = (await childrenOf(postmaster.pid)).filter(
    (child) => pids.includes(child.pid) && parentOf(child.pid) === postmaster.pid,
  );
  for (const child of children) sendSignal(child, 'SIGSTOP');
  return children;
}
