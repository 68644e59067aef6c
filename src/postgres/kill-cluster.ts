import { readdir, readFile, rm } from 'node:fs/promises';
import {
  runChild,
  parentOf,
  processIdentity,
  sendSignal,
  waitUntilGone,
  type ProcessIdentity,
} from '../children/index.js';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { findPostmaster, type Postmaster } from './postmaster.js';

/**
 * Takes a server down as a power failure would: nothing is flushed, nobody is told. Its children first, then the postmaster,
 * which is frozen before so that it cannot start new ones; returns when all are gone, with their process ids.
 */
export async function killCluster(location: Pick<ClusterLocation, 'dataDirectory'>): Promise<number[]> {
  const postmaster = await findPostmaster(location.dataDirectory);
  if (postmaster === null) return [];
  sendSignal(postmaster, 'SIGSTOP');
  const children = await childrenOf(postmaster.pid);
  const segments = await sharedSegments(postmaster.pid);
  for (const child of children) sendSignal(child, 'SIGKILL');
  sendSignal(postmaster, 'SIGKILL');
  for (const one of [postmaster, ...children]) {
    if (await waitUntilGone(one, 30_000)) continue;
    throw new Failure('timeout', `process ${one.pid} of the killed server is still alive after 30 s`);
  }
  await releaseSharedMemory(postmaster, segments);
  return [postmaster.pid, ...children.map((child) => child.pid)];
}

/** The processes that a server has started and that still live. */
export async function childrenOf(pid: number): Promise<ProcessIdentity[]> {
  const found = process.platform === 'linux' ? await readdir('/proc') : await listWithPs();
  return found
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .flatMap((name) => processIdentity(Number(name)) ?? []);
}

async function listWithPs(): Promise<string[]> {
  const lines: Buffer[] = [];
  await runChild({ file: '/bin/ps', args: ['-axo', 'pid='], onOutput: (chunk) => lines.push(chunk) });
  return Buffer.concat(lines)
    .toString('latin1')
    .split('\n')
    .map((line) => line.trim());
}

/** POSIX segments that the server has mapped; a killed server leaves them behind. */
async function sharedSegments(pid: number): Promise<string[]> {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1').catch(() => '');
  return [...new Set([...maps.matchAll(/\/dev\/shm\/PostgreSQL\.\d+/g)].map(([path]) => path))];
}

async function releaseSharedMemory(postmaster: Postmaster, segments: readonly string[]): Promise<void> {
  for (const segment of segments) await rm(segment, { force: true });
  if (postmaster.sharedMemoryId === null) return;
  // Fails harmlessly where a server started since then owns it, or where there is no ipcrm.
  await runChild({ file: 'ipcrm', args: ['-m', String(postmaster.sharedMemoryId)], timeoutMs: 5000 }).catch(
    () => null,
  );
}
