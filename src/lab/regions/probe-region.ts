import { connectTo } from '../../postgres/index.js';
import { Failure } from '../../base/index.js';
import type { Lab } from '../lab.js';
import { bothRegions, throughDoor } from './addresses.js';
import { writeAsClient } from './write-as-client.js';

export interface RegionSightings {
  /** Write probes from region B, one after the other. */
  readonly fromB: readonly { readonly works: boolean; readonly said: string; readonly tookMs: number }[];
  /** From a place in neither region, over a way of its own; it only looks. */
  readonly third: { readonly answers: boolean; readonly said: string; readonly tookMs: number };
}

/**
 * Looks at region A from two places: writes from region B over the link, and a look from the third vantage point beside it. One place
 * alone cannot tell a region that is down from a link that is.
 */
export async function probeRegion(
  lab: Lab,
  options: { readonly attempts: number; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<RegionSightings> {
  const { attempts, timeoutMs, signal } = options;
  const { a } = bothRegions(lab);
  const third = lookFrom(lab, timeoutMs);
  const address = throughDoor(lab, a, 'link');
  const fromB: RegionSightings['fromB'][number][] = [];
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (signal.aborted) throw new Failure('cancelled', 'probing region A was cancelled');
    const { outcome, said, tookMs } = await writeAsClient(lab, address, 'probe of region b', timeoutMs);
    fromB.push({ works: outcome === 'accepted', said, tookMs });
  }
  return { fromB, third: await third };
}

async function lookFrom(lab: Lab, timeoutMs: number): Promise<RegionSightings['third']> {
  const { a } = bothRegions(lab);
  const startedAt = performance.now();
  const tookMs = () => Math.round(performance.now() - startedAt);
  try {
    const session = await connectTo(throughDoor(lab, a, 'third'), {
      ...{ connectTimeoutMs: timeoutMs, statementTimeoutMs: timeoutMs, readOnly: true },
      applicationName: 'firedrill third vantage point',
    });
    session.end().catch(() => undefined);
    return { answers: true, said: 'its database answers', tookMs: tookMs() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { answers: false, said: error.message, tookMs: tookMs() };
  }
}
