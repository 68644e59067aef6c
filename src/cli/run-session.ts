import { join } from 'node:path';
import { sha256Hex, systemClock } from '../base/index.js';
import { endOrphans, noteChildrenIn } from '../children/index.js';
import { engineSigner, makeRedactor, openArtefacts } from '../evidence/index.js';
import { runToEnd, type RunHandle } from '../executor/index.js';
import { openJournal } from '../journal/index.js';
import type { Plan } from '../language/index.js';
import type { RunFeed, RunState } from '../run/index.js';
import { actionPort } from './action-port.js';
import { declaredPort } from './declared-port.js';
import { labPort } from './lab-port.js';
import { prepareState, statePaths } from './programme-paths.js';
import { guardedFeed } from './guarded-feed.js';
import { finishRecord, takeUpAgain, type Finished } from './finish-record.js';
import { version } from './version.js';
import { clockState, hostFacts, identityPort, newSession, ownIdentity } from './session.js';

export interface SessionOptions {
  /** Whether the summary may use colours. */
  readonly colour: boolean;
  readonly directory: string;
  readonly runId: string;
  readonly recordDirectory: string;
  readonly plan: Plan;
  /** The exact text of `plan.json`. */
  readonly planText: string;
  readonly attestedStart?: string;
  /** A lab that was made beforehand and stays when the run ends. */
  readonly keptLab: string | null;
}

export interface Session {
  readonly handle: RunHandle;
  /** For views: what a person types passes it on the way to the run. */
  readonly feed: RunFeed;
  /** The run's end: sealed and summed up, or interrupted. */
  readonly finished: Promise<Finished>;
}

/** Opens the record, takes the lease and starts the loop; what it shows is the caller's business. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { plan, runId, recordDirectory } = options;
  const paths = statePaths(options.directory, runId);
  const session = newSession();
  const clock = systemClock();
  prepareState(paths);
  const journal = await openJournal({
    file: join(recordDirectory, 'journal.jsonl'),
    session,
    clock,
    leaseDirectory: paths.leases,
    runId,
    identity: identityPort,
  });
  const orphansEnded = await endOrphans(paths.children);
  const stopNoting = noteChildrenIn(paths.children);
  const signer = await engineSigner();
  const redactor = makeRedactor({ secrets: [] });
  const artefacts = openArtefacts({ recordDirectory, scratchDirectory: paths.scratch, redactor });
  const common = { plan, runId, recordDirectory, session, attach: artefacts.attach, learn: redactor.learn };
  const environment =
    plan.environment.kind === 'lab'
      ? labPort({
          ...{ ...common, directory: options.directory },
          ...{ labDirectory: options.keptLab ?? paths.lab, keep: options.keptLab !== null },
        })
      : declaredPort({ ...common, directory: options.directory, stateDirectory: paths.declared });
  const { pid, bootId } = ownIdentity();
  const handle = runToEnd({
    plan,
    runId,
    journal,
    ports: { clock, environment, actions: actionPort(plan, environment.environment, paths.scratch, clock) },
    artefacts,
    opening: {
      planSha256: sha256Hex(options.planText),
      tool: { version: version(), node: process.versions.node },
      host: hostFacts(),
      clock: clockState(),
      ...(options.attestedStart === undefined ? {} : { attestedStart: options.attestedStart }),
    },
    takeUp: { session, pid, bootId, orphansEnded, tornBytes: journal.tornBytes },
  });
  const finish = async (): Promise<Finished> => {
    try {
      const state: RunState = await handle.done;
      return await finishRecord({
        ...options,
        state,
        handle,
        signer,
        redactor,
        journal,
        failure: environment.failure(),
      });
    } catch (error) {
      // Whatever happened to this engine, what is on disk can be taken up again.
      if (handle.feed.state().ended === null)
        process.stderr.write(`${takeUpAgain(options, handle.feed.state()).join('\n')}\n`);
      throw error;
    } finally {
      environment.release();
      stopNoting();
      await journal.close();
    }
  };
  return { handle, feed: guardedFeed(handle.feed, redactor), finished: finish() };
}
