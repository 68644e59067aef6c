import { Failure } from '../../base/index.js';
import {
  clusterState,
  compareFingerprints,
  comparePart,
  readFingerprint,
  withSession,
  type ClusterLocation,
  type Fingerprint,
} from '../../postgres/index.js';
import type { ClusterPort } from '../environment.js';
import { runOrFail } from './run-command.js';
import type { DeclaredSettings } from './settings.js';
import { recordAt, withRecord, type DeclaredRecord, type StateFile } from './state.js';

const rebuildMs = 7_200_000;

/**
 * Looks at the declared standby and records it; one that does not answer keeps what was recorded before. Resolves to what a recovery
 * that needs it will miss, null when nothing.
 */
export async function noteStandby(
  { standby, declared, name }: DeclaredSettings,
  state: StateFile,
  more: { readonly promoted?: true } = {},
): Promise<string | null> {
  if (standby === null) return null;
  const seen = await readFingerprint(standby).catch((failure: unknown) => {
    if (failure instanceof Failure) return failure;
    throw failure;
  });
  const before = state.read();
  const old = recordAt(before, standby.dataDirectory);
  const fingerprint = seen instanceof Failure ? (old?.fingerprint ?? null) : seen;
  const record: DeclaredRecord = {
    location: standby,
    token: null,
    inode: null,
    fingerprint,
    postmaster: null,
  };
  await state.write({ ...withRecord(before, record), ...more });
  if (seen instanceof Failure) return `the standby does not answer: ${seen.message} (environment ${name})`;
  const wrong = differences(declared.fingerprint.systemIdentifier, declared.standby?.dataDirectory, seen);
  if (!seen.inRecovery && state.read().promoted !== true) wrong.push('it takes writes already');
  return wrong.length === 0
    ? null
    : `the standby cannot be promoted: ${wrong.join('; ')} (environment ${name})`;
}

/** What speaks against the server at the standby's address being the one that the configuration means and that was recorded. */
export async function judgeStandby(
  { declared, standby }: DeclaredSettings,
  record: DeclaredRecord,
): Promise<string[]> {
  if (standby === null) return ['the configuration declares no standby'];
  const live = await readFingerprint(standby);
  const wrong = differences(declared.fingerprint.systemIdentifier, declared.standby?.dataDirectory, live);
  if (record.fingerprint === null) wrong.push('it did not answer when this session began');
  else compareFingerprints(wrong, record.fingerprint, live);
  return wrong;
}

function differences(system: string, dataDirectory: string | undefined, live: Fingerprint): string[] {
  const wrong: string[] = [];
  comparePart(wrong, 'system identifier', system, live.systemIdentifier);
  // Of another machine it is what its server says; a name that no server has said is compared with nothing.
  if (dataDirectory?.startsWith('/') === true)
    comparePart(wrong, 'data directory', dataDirectory, live.dataDirectory);
  return wrong.map((one) => one.replace(', recorded ', ', declared '));
}

/** What clusters of other machines need: whether they are there, how they are reached, how one is rebuilt. */
export function standbyPorts(
  settings: DeclaredSettings,
): Pick<ClusterPort, 'state' | 'rebuild'> & Required<Pick<ClusterPort, 'behindFence'>> {
  const { primary, standby, declared, dataDirectory } = settings;
  const behind = declared.fence?.behind;
  const behindFence = (location: ClusterLocation) =>
    behind !== undefined && location.dataDirectory === primary.dataDirectory
      ? { ...location, ...behind }
      : location;
  const isElsewhere = (location: ClusterLocation) =>
    location.dataDirectory === standby?.dataDirectory ||
    (dataDirectory === null && location.dataDirectory === primary.dataDirectory);
  const rebuild = declared.standby?.rebuild;
  return {
    behindFence,
    state: async (location) => {
      const here = await clusterState(location);
      if (here !== 'absent' || !isElsewhere(location)) return here;
      return (await answers(behindFence(location))) ? 'running' : 'absent';
    },
    ...(rebuild === undefined
      ? {}
      : {
          rebuild: async (former, to, slot, options) => {
            await requireSystem(settings, behindFence(former));
            const env = { FIREDRILL_SLOT: slot };
            await runOrFail(settings, [...rebuild, to.host, String(to.port)], rebuildMs, { ...options, env });
          },
        }),
  };
}

async function answers(location: ClusterLocation): Promise<boolean> {
  return withSession(location, { readOnly: true, connectTimeoutMs: 5000 }, async (session) =>
    session.query('select 1'),
  ).then(
    () => true,
    (failure: unknown) => {
      if (failure instanceof Failure) return false;
      throw failure;
    },
  );
}

/** A server that does not answer may be what has to be rebuilt; one that answers must be the one that is meant. */
async function requireSystem({ declared, name }: DeclaredSettings, former: ClusterLocation): Promise<void> {
  const live = await readFingerprint(former).catch((failure: unknown) => {
    if (failure instanceof Failure && failure.reason !== 'refused') return null;
    throw failure;
  });
  const expected = declared.fingerprint.systemIdentifier;
  if (live === null || live.systemIdentifier === expected) return;
  throw new Failure(
    'refused',
    `refused to rebuild ${former.host}:${former.port}: its system identifier is ${live.systemIdentifier}, that of environment ${name} is ${expected}`,
    { hint: 'Nothing was changed. Correct `fence.behind` in firedrill.yaml.' },
  );
}
