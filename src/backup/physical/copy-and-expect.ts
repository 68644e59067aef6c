import { bothOrNeither, Failure } from '../../base/index.js';
import type { ClusterLocation, Session } from '../../postgres/index.js';
import { takeExactExpectation } from '../expectation/exact-expectation.js';
import { standbyProblem } from '../expectation/exact-standby.js';
import type { ContentExpectation } from '../expectation/expectation.js';
import { readSettledStructure } from '../expectation/settled-structure.js';
import { readStructure, type StructureRead } from '../expectation/structure.js';
import { takeContentExpectation, type BackupPolicy } from '../expectation/take-expectation.js';
import type { Progress } from '../progress.js';

export interface CopyRequest {
  /** The primary. */
  readonly location: ClusterLocation;
  readonly policy: BackupPolicy;
  /** Where an exact expectation is read; without one it is partial. */
  readonly standby?: ClusterLocation;
  /** How far behind the standby may be; 30 s unless told. */
  readonly standbyLagMs?: number;
  /** How long a table that somebody has locked may keep the expectation waiting; a minute unless told. */
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

export interface CopiedAndExpected<B> {
  readonly copied: B;
  readonly content: ContentExpectation;
  readonly structure: StructureRead;
  readonly structureExact: boolean;
  /** Where a restore has to stop to be compared with it. */
  readonly expectationLsn: string;
}

/**
 * Runs whatever copies the primary and reads what a restore of the copy must contain: exactly, after it, from a standby; or in
 * part, beside it, from the primary. A standby that cannot serve now makes it partial, and the expectation says why; one of another
 * system rejects with `refused` before anything is copied.
 */
export async function copyAndExpect<B extends { readonly stopLsn: string; readonly timeline: number }>(
  request: CopyRequest,
  primary: { readonly session: Session; readonly systemIdentifier: string },
  copy: (signal: AbortSignal) => Promise<B>,
): Promise<CopiedAndExpected<B>> {
  const { location, policy, standby, signal, output, lockWaitMs } = request;
  if (standby === undefined) return inPart(null);
  const problem = await standbyProblem(standby, primary.systemIdentifier);
  if (problem !== null) return inPart(problem);
  const copied = await copy(signal ?? new AbortController().signal);
  try {
    const exact = await takeExactExpectation({
      standby,
      after: { lsn: copied.stopLsn, timeline: copied.timeline },
      ...(request.standbyLagMs === undefined ? {} : { maxLagMs: request.standbyLagMs }),
      signal,
      progress: request.progress,
    });
    // A recovery stops before the first record at or after its target, so there has to be one.
    await primary.session.query(`select pg_logical_emit_message(true, 'firedrill', 'backup')`);
    const { content, structure, lsn } = exact;
    return { copied, content, structure, structureExact: true, expectationLsn: lsn };
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return inPart(failure.message, copied);
  }

  async function inPart(why: string | null, already?: B): Promise<CopiedAndExpected<B>> {
    if (why !== null) output?.(`the expectation is partial: ${why}\n`);
    // Read beside the copy: all of them only read, and the copy waits for its checkpoint first.
    const [done, { content, begun }] = await bothOrNeither(
      async (either) => already ?? copy(either),
      async (either) => ({
        begun: already === undefined ? await readStructure(location, { lockWaitMs, signal: either }) : null,
        content: await takeContentExpectation(location, policy, { signal: either, lockWaitMs }),
      }),
      signal,
    );
    const { read, lsn, exact } = await readSettledStructure(location, primary.session, begun, {
      lockWaitMs,
      signal,
    });
    const source = why === null ? content.source : `${content.source}; not exact, because ${why}`;
    const all = { copied: done, content: { ...content, source }, structure: read };
    return { ...all, structureExact: exact, expectationLsn: lsn };
  }
}
