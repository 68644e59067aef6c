import {
  holdStore,
  takeBackup,
  takeLogicalBackup,
  takeRepositoryBackup,
  type BackupManifest,
  type StoreHold,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { connectTo, type PostgresTools } from '../../postgres/index.js';
import type { LocalStore, Store } from '../../store/index.js';
import type { Work } from './operation.js';
import { openPolicyRepository } from './policy-repository.js';
import type { BackupScope, NamedStore } from './scope.js';

/** The store where sets are made. Throws `invalid` when the configuration names no folder. */
export function requireStore({ store, environment }: BackupScope): NamedStore<LocalStore> {
  if (store !== null) return store;
  throw new Failure(
    'invalid',
    `environment ${environment} has no store that is a folder, and sets are made in one`,
    {
      hint: 'Write a policy with a `store` of kind local, and name the bucket under its `copies`.',
    },
  );
}

/** Waits its turn in a store, and says for whom. */
export async function hold(
  { name, store }: NamedStore,
  request: Parameters<typeof holdStore>[1],
  { view, signal }: Work,
): Promise<StoreHold> {
  return holdStore(store, {
    ...request,
    signal,
    onWait: (other) =>
      view.say(`waiting for store ${name}: ${other.purpose}, process ${other.pid ?? '?'} on ${other.host}`),
  });
}

/** Takes one set the way that the policy says, everything that it needs looked at before. */
export async function takeSet(
  scope: BackupScope,
  tools: PostgresTools,
  { signal, view }: Work,
): Promise<{ readonly manifest: BackupManifest; readonly directory: string }> {
  const { location, policy, recipients, tables, standby, way } = scope;
  const { store } = requireStore(scope);
  const common = {
    ...{ tools, location, store, signal, recipients, source: policy, signer: scope.signer() },
    progress: view.report,
    output: (text: string | Uint8Array) => {
      if (typeof text === 'string') view.say(text);
    },
  };
  if (way === 'logical') return takeLogicalBackup(common);
  if (way === 'physical')
    return takeBackup({
      ...{ ...common, kind: 'physical', policy: tables },
      walDirectory: await requireStream(scope),
      ...(standby === null ? {} : { standby }),
    });
  return takeRepositoryBackup({
    ...{ ...common, policy: tables, repository: await openPolicyRepository(scope, tools) },
    ...(standby === null ? {} : { standby }),
    // A full one is taken where there is none to build on; how often there is a new one, pgBackRest's own configuration says.
    type: 'incr',
  });
}

/** A physical set without its log cannot be restored, so that is asked before an hour of copying, not after it. */
async function requireStream({ wal, location, environment }: BackupScope): Promise<string> {
  if (wal === null) {
    throw new Failure('invalid', `environment ${environment} declares no stream of its write-ahead log`, {
      hint: `A physical backup needs one: add \`wal: {directory: …, slot: …}\` under \`environments.${environment}\` in firedrill.yaml, or type --way logical.`,
    });
  }
  const session = await connectTo(location, { applicationName: 'firedrill backup', readOnly: true });
  try {
    const [row] = await session.query('select active from pg_replication_slots where slot_name = $1', [
      wal.slot,
    ]);
    if (row?.['active'] === true) return wal.directory;
    const why = row === undefined ? 'has no such slot' : 'has nobody streaming from it';
    throw new Failure(
      'unavailable',
      `no receiver brings the log to ${wal.directory}: the server ${why} (${wal.slot})`,
      {
        hint: `Start it: \`pg_receivewal -D ${wal.directory} -S ${wal.slot} --create-slot --if-not-exists\`, then again without --create-slot, as a service.`,
        retryable: false,
      },
    );
  } finally {
    await session.end();
  }
}

/** For people: `main (folder /backup)`. */
export function describeStore({
  name,
  store,
}: {
  readonly name: string;
  readonly store: Pick<Store, 'describe'>;
}): string {
  return `${name} (${store.describe})`;
}
