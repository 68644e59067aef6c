import type { JsonObject } from '../base/index.js';
import { outboxChannel, type Channel } from '../notify/index.js';
import type { ClusterLocation, PostgresTools } from '../postgres/index.js';
import { openLocalStore } from '../store/index.js';
import { declaredClusters } from './declared/declared-clusters.js';
import { declaredInfrastructure } from './declared/declared-infrastructure.js';
import { declaredImmutable } from './declared/declared-immutable.js';
import { declaredLatency } from './declared/declared-latency.js';
import { declaredPasswords, type PasswordFiles } from './declared/declared-passwords.js';
import { declaredRegions } from './declared/declared-regions.js';
import { declaredService } from './declared/declared-service.js';
import { declaredTraffic } from './declared/declared-traffic.js';
import { openStore } from './declared/open-store.js';
import { notDeclared, type DeclaredSettings } from './declared/settings.js';
import { declaredSigner, declaredTrust } from './declared/signing.js';
import type { StateFile } from './declared/state.js';
import type { Environment, SentinelPort } from './environment.js';

export interface DeclaredEnvironmentOptions {
  readonly settings: DeclaredSettings;
  readonly runId: string;
  /** What was recorded of the clusters when the environment was opened. */
  readonly state: StateFile;
  readonly tools: PostgresTools;
  readonly values: JsonObject;
  readonly sentinel: SentinelPort | null;
  /** By audience. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** Where the texts of messages go whose audience has no channel. */
  readonly outbox: string;
  /** Told where clients are sent whenever that was asked; null: nowhere. */
  readonly moved: (location: ClusterLocation | null) => void;
  readonly passwords: PasswordFiles;
}

/**
 * What `firedrill.yaml` declares as what actions act on. What it does not declare is missed only by the step that needs it,
 * with a message that says what to add.
 */
export function declaredEnvironment(options: DeclaredEnvironmentOptions): Environment {
  const { settings, runId, state } = options;
  const { policy } = settings.declared;
  const traffic = declaredTraffic(settings, state, options.moved);
  const outbox = outboxChannel(options.outbox);
  return {
    name: settings.name,
    kind: 'declared',
    tools: options.tools,
    values: options.values,
    policy: { staticTables: policy.staticTables, appendOnly: policy.appendOnly },
    latency: declaredLatency(settings, () => traffic.target()),
    sentinel: options.sentinel,
    get store() {
      return openLocalStore(homeStore(settings, state));
    },
    stores: new Map(
      Object.entries(settings.stores).map(([id, document]) => [
        id,
        () => ({
          store: openStore(document, settings.directory),
          lockMs: document.kind === 's3' ? (document.lock?.for ?? null) : null,
        }),
      ]),
    ),
    recipients: [],
    immutable: declaredImmutable(settings, state),
    passwords: declaredPasswords(settings, options.passwords),
    get signer() {
      return declaredSigner(settings);
    },
    get trusted() {
      return declaredTrust(settings);
    },
    get wal() {
      if (settings.wal === null) throw notDeclared(settings, 'stream of its write-ahead log', 'wal');
      return settings.wal;
    },
    postgres: declaredClusters(settings, runId, state, { traffic, tools: options.tools }),
    service: declaredService(settings),
    infrastructure: declaredInfrastructure(settings, runId, state),
    traffic,
    regions: declaredRegions(settings, state, traffic),
    deliver: async (message) => {
      const channel = options.channels.get(message.to);
      await (channel ?? outbox).deliver(message);
      // Nobody has read it yet: whoever looks at the record must see that.
      return { channel: channel?.describe ?? `outbox ${options.outbox}, to be carried by hand` };
    },
  };
}

/** Where sets are made and looked for: from the moment when a region is given up, in the other one. */
function homeStore(settings: DeclaredSettings, state: StateFile): string {
  return state.read().givenUp === true ? settings.standbyStoreDirectory : settings.storeDirectory;
}
