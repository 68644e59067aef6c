import { Failure } from '../../base/index.js';
import { connectTo, type ClusterLocation, type PostgresTools } from '../../postgres/index.js';
import type { ClusterName, ClusterPort } from '../environment.js';
import { noteStandby, standbyPorts } from './declared-standby.js';
import type { DeclaredTraffic } from './declared-traffic.js';
import { keepOwn, noteRebuilt } from './former-primary.js';
import { guardDeclared } from './guard-declared.js';
import { readKept } from './kept-own.js';
import { judgePlace, makePlace, observePlace } from './made-places.js';
import { runOrFail } from './run-command.js';
import type { DeclaredSettings } from './settings.js';
import { named, recordAt, withRecord, type StateFile } from './state.js';

const stopMs = 120_000;

/** The declared database and the clusters that this run makes beside it. */
export function declaredClusters(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
  { traffic, tools }: { readonly traffic: DeclaredTraffic; readonly tools: PostgresTools },
): ClusterPort {
  const { stop, log } = settings.declared.database;
  const isDeclared = (location: ClusterLocation) => location.dataDirectory === settings.primary.dataDirectory;
  const ports = standbyPorts(settings);
  return {
    current: () => traffic.served(),
    find: (name) => Promise.resolve(name === 'standby' ? settings.standby : named(state.read(), name)),
    locate: async (name) => {
      if (name === 'standby' && settings.standby !== null) return settings.standby;
      return named(state.read(), name) ?? (await makePlace(settings, runId, state, name));
    },
    scratch: () => makePlace(settings, runId, state, 'scratch'),
    assign: (name, location) => assign(settings, runId, state, name, location),
    guard: (what, location, options) => guardDeclared(settings, runId, state, location, what, options),
    connect: async ({ location, ...rest } = {}) => connectTo(location ?? (await traffic.served()), rest),
    ...ports,
    keepOwn: async (location) =>
      isDeclared(location) ? keepOwn(settings, state, tools, ports.behindFence(location)) : null,
    keepsOwn: async (location) =>
      isDeclared(location) && (await readKept(state, location.dataDirectory)) !== null,
    ...(stop === undefined
      ? {}
      : {
          stop: async (location, options) => {
            if (!isDeclared(location)) return false;
            await runOrFail(settings, stop, stopMs, options);
            return true;
          },
        }),
    ...(log === undefined
      ? {}
      : { logFile: (location) => (isDeclared(location) ? settings.path(log) : null) }),
  };
}

async function assign(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
  name: ClusterName,
  location: ClusterLocation,
): Promise<void> {
  if (location.dataDirectory === settings.standby?.dataDirectory) {
    await noteStandby(settings, state, { promoted: true });
    return;
  }
  // Rebuilt in its own place, it is a standby from now on, with another server on it than the one that was recorded.
  if (
    name === 'primary' &&
    location.dataDirectory === settings.dataDirectory &&
    state.read().promoted === true
  ) {
    await noteRebuilt(settings, state);
    return;
  }
  const wrong = await judgeAssignment(settings, runId, state, name, location);
  const before = recordAt(state.read(), location.dataDirectory);
  const now = wrong.length > 0 || before === undefined ? undefined : await observePlace(before);
  const system = now?.fingerprint?.systemIdentifier;
  const expected = settings.declared.fingerprint.systemIdentifier;
  if (system !== undefined && system !== expected)
    wrong.push(`its system identifier is ${system}, declared is ${expected}`);
  if (now === undefined || wrong.length > 0) {
    const what = `give the name ${name} to ${location.dataDirectory}`;
    throw new Failure('refused', `refused to ${what}: ${wrong.join('; ')}`);
  }
  const after = withRecord(state.read(), now);
  await state.write({ ...after, names: { ...after.names, [name]: location.dataDirectory } });
}

async function judgeAssignment(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
  name: ClusterName,
  location: ClusterLocation,
): Promise<string[]> {
  const record = recordAt(state.read(), location.dataDirectory);
  if (record === undefined || record.token === null) return ['this run did not make it'];
  if (name !== 'set-aside') return judgePlace(settings, runId, record, []);
  const wrong = await judgePlace(settings, runId, record, settings.outside);
  // A rename keeps the inode: what was put aside is what stood at the declared place.
  const own = recordAt(state.read(), settings.primary.dataDirectory);
  const { inode } = await observePlace(record);
  if (inode !== null && own?.inode !== inode)
    wrong.push(`its inode is ${inode}, that of the declared cluster was ${own?.inode ?? 'none'}`);
  return wrong;
}
