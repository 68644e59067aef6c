import { stopWalReceiver } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { connectTo, sqlState, withSession, type ClusterLocation } from '../../postgres/index.js';
import type { Lab } from '../lab.js';
import { passfileOf } from '../paths.js';
import { sampleRoles } from '../sample/index.js';
import { switchTraffic } from '../traffic-switch.js';
import { bothRegions, throughDoor } from './addresses.js';
import { changeRules, readRules, type Fence } from './network-rules.js';
import { fencedState } from './refuse-client.js';

/**
 * Shuts region A off without reaching it: clients are sent nowhere, and the network lets nobody through to its database any
 * more, neither clients nor region B; connections that exist are cut. Region A need not be alive, and cannot object. Safe to call again.
 */
export async function fenceRegion(lab: Lab, why: string): Promise<Fence> {
  bothRegions(lab);
  const before = readRules(lab.paths).fence;
  if (before !== null) return before;
  switchTraffic(lab, null);
  const { fence } = await changeRules(lab.paths, (rules) => {
    const epoch = rules.epoch + 1;
    return { ...rules, epoch, fence: { epoch, at: new Date().toISOString(), why } };
  });
  if (fence === null) throw new Failure('check', 'the fence is not in the network’s rules');
  // Its connection is cut, so that it ends by itself; what a woken region A would still send is no longer ours.
  await stopWalReceiver(lab.paths.wal);
  return fence;
}

/** Lets region A back in. Rejects with `refused` once region B takes writes: two would then. */
export async function liftFence(lab: Lab): Promise<void> {
  const { a, b } = bothRegions(lab);
  const [row] = await withSession(b, { readOnly: true }, async (session) =>
    session.query('select pg_is_in_recovery() as standby'),
  );
  if (row?.['standby'] !== true)
    throw new Failure('refused', 'refused to lift the fence of region A: region B takes writes', {
      hint: 'Rebuild region A as a standby first; then move the service back in a planned way.',
    });
  if (readRules(lab.paths).fence === null) return;
  await changeRules(lab.paths, (rules) => ({ ...rules, fence: null }));
  switchTraffic(lab, a);
}

export interface FenceSighting {
  /** In force, and seen to work: a client at region A's old address was turned away by it. */
  readonly holds: boolean;
  readonly epoch: number | null;
  /** What the client at the old address was told, or that nobody answered. */
  readonly said: string;
  /** Whether the server behind the fence answers on its own host: while it does not, a refusal says nothing of it. */
  readonly awake: boolean;
}

/** Knocks at region A's old address as a client does. No answer is not a fence: a frozen server gives none either. */
export async function lookAtFence(lab: Lab, timeoutMs = 1500): Promise<FenceSighting> {
  const { a } = bothRegions(lab);
  const client = { user: sampleRoles.application, passfile: passfileOf(lab.paths, 'application') };
  const [atTheDoor, behindIt] = await Promise.all([
    knock({ ...throughDoor(lab, a, 'clients'), ...client }, timeoutMs),
    knock(a, timeoutMs),
  ]);
  const epoch = readRules(lab.paths).fence?.epoch ?? null;
  return {
    holds: epoch !== null && isFromFence(atTheDoor),
    epoch,
    said: atTheDoor?.message ?? 'a client was let in',
    awake: behindIt === null,
  };
}

/** Null when it was let in. */
async function knock(location: ClusterLocation, timeoutMs: number): Promise<Failure | null> {
  try {
    const session = await connectTo(location, { connectTimeoutMs: timeoutMs, readOnly: true });
    session.end().catch(() => undefined);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function isFromFence(failure: Failure | null): boolean {
  return sqlState(failure) === fencedState && failure?.message.includes('is fenced') === true;
}
