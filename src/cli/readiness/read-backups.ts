import type { ReadinessInputs } from '../../assessment/index.js';
import { lastVerification, listBackups } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { choosePolicies, type Chosen } from '../backup/choose-policy.js';
import { declaredScope } from '../backup/declared-scope.js';
import { readConfiguration, type BackupConfiguration } from '../backup/read-configuration.js';
import { storesOf, type BackupScope, type NamedStore } from '../backup/scope.js';
import { Exit } from '../exit.js';
import type { CommonOptions } from '../output.js';

export type ReadBackups = Pick<ReadinessInputs, 'policies' | 'sets' | 'unread'>;

const recentMs = 30 * 86_400_000;

/** What the stores of all policies hold, by signed manifests alone. A store that cannot be read is named, and the others are read. */
export async function readBackups(options: CommonOptions, now: Date): Promise<ReadBackups> {
  const configuration = readConfiguration(options);
  const sets: ReadinessInputs['sets'][number][] = [];
  const unread: ReadinessInputs['unread'][number][] = [];
  const chosen = policiesOf(configuration);
  for (const one of chosen) {
    const told = (what: string, error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      unread.push({ what, why: error.message });
    };
    try {
      const scope = await declaredScope(one, configuration, options);
      for (const store of storesOf(scope))
        await setsIn(store, scope, now)
          .then((found) => sets.push(...found))
          .catch((error: unknown) => told(`store ${store.name} of policy ${one.policy}`, error));
    } catch (error) {
      told(`policy ${one.policy}`, error);
    }
  }
  return {
    ...{ sets, unread },
    policies: chosen.flatMap(({ policy, environment, document }) =>
      document === null ? [] : [{ name: policy, environment, intervalMs: document.interval }],
    ),
  };
}

function policiesOf(configuration: BackupConfiguration): readonly Chosen[] {
  if (Object.keys(configuration.policies).length === 0) return [];
  try {
    return choosePolicies(configuration, { all: true }).filter((one) => one.kind === 'declared');
  } catch (error) {
    if (error instanceof Exit && error.exit === 'usage') throw new Exit('invalid', error.message, error.hint);
    throw error;
  }
}

async function setsIn(
  { name, store }: NamedStore,
  scope: BackupScope,
  now: Date,
): Promise<ReadinessInputs['sets'][number][]> {
  const trusted = scope.trusted();
  const { sets } = await listBackups(store, trusted);
  const found: ReadinessInputs['sets'][number][] = [];
  for (const set of sets.filter((one) => one.manifest.source === scope.policy)) {
    const { times, server } = set.manifest;
    // A note is asked for set by set; of old ones it cannot change anything that is counted for long.
    const isRecent = now.getTime() - Date.parse(times.engineEnded) <= recentMs;
    const note = isRecent ? await lastVerification(store, set, trusted) : null;
    found.push({
      ...{ id: set.id, policy: scope.policy, environment: scope.environment, store: name },
      ...{ takenAt: times.engineEnded, clusterBytes: server.bytes, verifiedAt: note?.at ?? null },
    });
  }
  return found;
}
