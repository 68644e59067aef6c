import { Failure, type JsonObject } from '../base/index.js';
import {
  allocateCluster,
  arePasswordsRotated,
  assignCluster,
  behindDoor,
  bookThroughApplication,
  deployApplication,
  deployedApplication,
  guardLab,
  hasBooking,
  isApplicationRunning,
  isLabProvisioned,
  isTrafficClosed,
  labLatency,
  labPolicy,
  labSigner,
  labSlot,
  labStore,
  labTrustedKeys,
  setLoad,
  locateCluster,
  namedCluster,
  noteRestarted,
  provisionLab,
  rotatePasswords,
  servedCluster,
  startApplication,
  stopApplication,
  switchTraffic,
  throughDoor,
  trafficTarget,
  type Lab,
} from '../lab/index.js';
import { outboxChannel, type Channel } from '../notify/index.js';
import { clusterState, connectTo, wasTurnedAway, type ClusterLocation } from '../postgres/index.js';
import type { Environment, NamedStore, SentinelPort } from './environment.js';
import { labImmutable } from './lab-immutable.js';
import { labRegions, secondStore } from './region/lab-regions.js';

export interface LabEnvironmentOptions {
  readonly name: string;
  readonly lab: Lab;
  readonly values: JsonObject;
  readonly sentinel: SentinelPort | null;
  /** What the sample application writes while it runs. */
  readonly writesPerSecond: number;
  /** By audience; one without a channel, or outside the organisation, goes to the lab's outbox. */
  readonly channels: ReadonlyMap<string, Channel>;
}

/** Customers and regulators never hear of a drill, whatever channels there are: they would believe it. */
const insideAudiences: readonly string[] = ['internal', 'management'];

/** The lab as what actions act on: every name and every target goes through the lab's own guard. */
export function labEnvironment(options: LabEnvironmentOptions): Environment {
  const { lab } = options;
  const outbox = outboxChannel(lab.paths.outbox);
  const current = () => Promise.resolve(servedCluster(lab));
  const immutable = labImmutable(lab);
  return {
    name: options.name,
    kind: 'lab',
    tools: lab.tools,
    values: options.values,
    policy: labPolicy(lab.state()),
    signer: labSigner(lab),
    trusted: labTrustedKeys(lab),
    latency: labLatency(lab),
    sentinel: options.sentinel,
    get store() {
      return labStore(lab);
    },
    stores: new Map<string, () => NamedStore>([
      ['lab', () => ({ store: labStore(lab), lockMs: null })],
      ...secondStore(lab),
      // The bucket locks what is put there by itself: the host may not say for how long.
      ...(immutable === null
        ? []
        : [[immutable.store, () => ({ store: immutable.writer.open(), lockMs: null })] as const]),
    ]),
    recipients: lab.state().immutable?.recipients ?? [],
    immutable,
    passwords: {
      rotate: (location) => rotatePasswords(lab, location),
      areRotated: (location) => arePasswordsRotated(lab, location),
    },
    postgres: {
      current,
      locate: (name) => locateCluster(lab, name),
      scratch: () => allocateCluster(lab, 'scratch'),
      find: (name) => Promise.resolve(namedCluster(lab, name)),
      assign: (name, location) => assignCluster(lab, name, location),
      guard: async (what, location, { halfMade } = {}) => {
        if (halfMade === true && (await clusterState(location)) === 'running') await notePlace(lab, location);
        else await guardLab(lab, behindDoor(lab, location), what);
      },
      connect: async ({ location, ...rest } = {}) => connectTo(location ?? (await current()), rest),
    },
    service: {
      start: async () => {
        await startApplication(lab);
        await setLoad(lab, options.writesPerSecond);
      },
      stop: () => stopApplication(lab),
      isRunning: () => Promise.resolve(isApplicationRunning(lab)),
      deploy: async ({ output } = {}) => {
        const { program } = await Promise.resolve(deployApplication(lab));
        output?.(`deployed as ${program}\n`);
      },
      isDeployed: () => Promise.resolve(deployedApplication(lab) !== null),
      writeOnce: () => bookThroughApplication(lab),
      hasWritten: (id) => hasBooking(lab, id),
    },
    infrastructure: {
      provision: () => provisionLab(lab),
      isProvisioned: () => isLabProvisioned(lab),
    },
    traffic: {
      switchTo: (location) => {
        switchTraffic(lab, location);
        return Promise.resolve();
      },
      target: () => Promise.resolve(trafficTarget(lab)),
      close: () => {
        switchTraffic(lab, null);
        return Promise.resolve();
      },
      isClosed: () => Promise.resolve(isTrafficClosed(lab)),
    },
    regions: labRegions(lab),
    wal: {
      directory: lab.paths.wal,
      slot: labSlot,
      reach: (location) => throughDoor(lab, behindDoor(lab, location), 'link'),
    },
    deliver: async (message) => {
      const declared = options.channels.get(message.to);
      const inside = insideAudiences.includes(message.to);
      const channel = (inside ? declared : undefined) ?? outbox;
      await channel.deliver(message);
      const kept = declared === undefined || inside ? '' : ' only: a drill tells nobody outside';
      return { channel: `${channel.describe}${kept}` };
    },
  };
}

/** Rejects unless the place is the lab's own, with its token. A server that still recovers cannot be asked who it is. */
async function notePlace(lab: Lab, location: ClusterLocation): Promise<void> {
  try {
    await noteRestarted(lab, location);
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'unavailable' || wasTurnedAway(error)) throw error;
  }
}
