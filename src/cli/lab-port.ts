import { dirname, join } from 'node:path';
import { labEnvironment } from '../actions/index.js';
import { Failure, type JsonObject } from '../base/index.js';
import type { Attach } from '../executor/index.js';
import {
  isApplicationRunning,
  isTrafficClosed,
  labDown,
  labFaults,
  labUp,
  openLab,
  protectionBefore,
  removeLab,
  namedCluster,
  regionsOf,
  setLoad,
  storeCredentials,
  servedCluster,
  trafficTarget,
  type Lab,
} from '../lab/index.js';
import type { Plan } from '../language/index.js';
import { readFingerprint, type ClusterLocation } from '../postgres/index.js';
import { nextAcknowledged, openedLedger } from '../sentinel/index.js';
import { channelsOf } from './channels.js';
import { passfilesIn, passwordsIn, secretKeysIn } from './known-secrets.js';
import { labSeedOf, proofOfDestruction, standIn, whoseData } from './lab-seed.js';
import { observe, type Watching } from './observe.js';
import { removeIfEmpty } from './programme-paths.js';
import type { RunPort } from './run-port.js';

export interface LabPortOptions {
  readonly plan: Plan;
  readonly runId: string;
  readonly recordDirectory: string;
  /** The programme's folder. */
  readonly directory: string;
  readonly labDirectory: string;
  /** A lab that was there before this run is left running when the run ends. */
  readonly keep: boolean;
  readonly session: string;
  readonly attach: Attach;
  /** Told every secret of the environment, so that none gets into the record. */
  readonly learn: (secrets: readonly string[]) => void;
}

/** What this lab cannot show. */
function notExercisedIn(lab: Lab): string[] {
  const { immutable, seed } = lab.state();
  return [
    ...(immutable === undefined
      ? [
          'object storage (S3): the lab keeps its backups in a local store',
          'encryption of backups at rest: sets are signed, not encrypted',
        ]
      : []),
    ...(regionsOf(lab) === 1 ? ['a second region: this lab has one'] : []),
    ...(seed === undefined ? [] : [standIn]),
  ];
}

/** The lab behind the executor's port: made on `open`, found again after a crash, removed on `close`. */
export function labPort(options: LabPortOptions): RunPort {
  const { plan, labDirectory } = options;
  const ledger = join(options.recordDirectory, 'ledger.jsonl');
  let lab: Lab | null = null;
  let values: JsonObject = {};
  let openFailure: Failure | null = null;
  let watching: Watching | null = null;
  const held = (): Lab => {
    if (lab === null) throw new Failure('unavailable', 'the lab is not up');
    return lab;
  };
  return {
    environment: () =>
      labEnvironment({
        name: plan.environment.name,
        lab: held(),
        values,
        sentinel: {
          nextAcknowledged: (timeoutMs, signal) => nextAcknowledged(ledger, timeoutMs, signal),
          ledger: openedLedger(ledger),
        },
        writesPerSecond: plan.load?.writesPerSecond ?? 0,
        channels: channelsOf(plan.environment.settings),
      }),
    failure: () => openFailure,
    describeFault: ({ inject, with: args }) => labFaults.get(inject)?.describe(args) ?? inject,
    release: () => {
      watching?.stop();
      lab?.release();
    },
    open: async (_plan, _runId, signal) => {
      try {
        lab = await findOrMake(options, signal);
      } catch (error) {
        if (error instanceof Failure && !(signal.aborted && error.reason === 'cancelled'))
          openFailure = error;
        throw error;
      }
      options.learn([...passwordsIn(passfilesIn(lab.paths.secrets)), ...storeSecretsOf(lab)]);
      const target = clientsTarget(lab);
      const configured = plan.environment.settings['configuredScale'];
      values = valuesOf(
        plan.environment.name,
        lab,
        target,
        typeof configured === 'number' ? configured : null,
      );
      // After a crash the application may be stopped on purpose; whoever starts it again sets its load.
      if (plan.load !== undefined && isApplicationRunning(lab)) await setLoad(lab, plan.load.writesPerSecond);
      // A target that is down has no fingerprint to show; the guard reads it again before anything is done to it.
      const fingerprint = await readFingerprint(target).catch(() => null);
      return {
        ...{ kind: 'lab', values, fingerprint: (fingerprint ?? {}) as JsonObject },
        notExercised: notExercisedIn(lab),
      };
    },
    observe: async () => {
      watching?.stop();
      watching = await observe(held(), options.recordDirectory, options.session, options.attach);
      return watching.port;
    },
    inject: async (fault, _attach, signal) => {
      const known = labFaults.get(fault.inject);
      if (known === undefined) throw new Failure('invalid', `the lab has no fault "${fault.inject}"`);
      const measured = fault.sabotage
        ? {}
        : { protection: await protectionBefore(held(), options.runId, fault.id) };
      const done = await known.inject(held(), { id: fault.id, args: fault.with, signal });
      // The recovery clock starts at the first damage, not when the proof of it was complete.
      const groundTruth = { ...done.groundTruth, at: done.proof['at'] ?? null };
      return { ...done, ...measured, groundTruth, evidence: [] };
    },
    close: async () => {
      watching?.stop();
      if (options.keep) {
        lab?.release();
        const kept = [`lab in ${labDirectory} stays up, with what was restored in it`];
        return { released: [], leftovers: [], kept };
      }
      const { destroyed, ...removal } = await (lab === null ? removeLab(labDirectory) : labDown(lab));
      removeIfEmpty(dirname(labDirectory));
      if (destroyed === undefined) return removal;
      return { ...removal, destroyed: await proofOfDestruction(destroyed, options.attach) };
    },
  };
}

function storeSecretsOf(lab: Lab): string[] {
  return secretKeysIn(storeCredentials(lab));
}

async function findOrMake(options: LabPortOptions, signal: AbortSignal): Promise<Lab> {
  const { plan, runId, labDirectory } = options;
  if (options.keep) return openLab(labDirectory);
  const { scale, regions, immutableStore } = plan.environment.settings;
  const seed = await labSeedOf(plan, options.directory);
  return labUp({
    ...{ directory: labDirectory, id: runId, immutable: immutableStore === true, signal },
    ...(typeof scale === 'number' ? { scale } : {}),
    ...(regions === 2 ? { regions } : {}),
    ...(seed === null ? {} : { seed }),
  });
}

/** While clients are sent nowhere it is the database that they will come back to: region B's, where region A is fenced. */
function clientsTarget(lab: Lab): ClusterLocation {
  return isTrafficClosed(lab) ? (namedCluster(lab, 'standby') ?? servedCluster(lab)) : trafficTarget(lab);
}

function valuesOf(
  name: string,
  lab: Lab,
  target: ClusterLocation,
  configuredScale: number | null,
): JsonObject {
  const application = `http://127.0.0.1:${lab.state().applicationPort}`;
  const data = whoseData(lab.state(), configuredScale, Date.now());
  return { name, database: target.database, application, host: target.host, port: target.port, ...data };
}
