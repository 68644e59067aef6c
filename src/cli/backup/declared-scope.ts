import {
  declaredSigner,
  declaredTrust,
  declaredVerifier,
  judgeDeclared,
  openStore,
  readDeclared,
  runOrFail,
  type DeclaredSettings,
} from '../../actions/index.js';
import { Failure, type JsonObject } from '../../base/index.js';
import type { PolicyDocument, StoreDocument } from '../../language/index.js';
import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import { Exit } from '../exit.js';
import type { CommonOptions } from '../output.js';
import type { Chosen } from './choose-policy.js';
import type { BackupConfiguration } from './read-configuration.js';
import { newReceiverCommand, receiverCommand, type ReceivedLog } from './receiver-command.js';
import type { BackupScope, NamedStore, ServerOwner } from './scope.js';

const dayMs = 86_400_000;
const commandMs = 300_000;
const defaults = { keep: 3, forMs: 30 * dayMs, copiesMs: 90 * dayMs, safetyMs: 7 * dayMs } as const;

/** A policy of `firedrill.yaml` and the environment that it is for; nothing is connected to. */
export async function declaredScope(
  chosen: Chosen,
  configuration: BackupConfiguration,
  options: CommonOptions,
): Promise<BackupScope> {
  const section = configuration.environments[chosen.environment];
  if (section?.kind !== 'declared')
    throw new Exit(
      'usage',
      `environment ${chosen.environment} of policy ${chosen.policy} is no database of yours`,
    );
  const frozen = JSON.parse(JSON.stringify({ ...section, stores: configuration.stores })) as JsonObject;
  const settings = await readDeclared(chosen.environment, frozen, options.directory);
  const policy = chosen.document;
  const { store, copies } = storesOfPolicy(policy, section.store, configuration, options.directory);
  const recipients: { readonly [label: string]: string } = policy?.encryption?.recipients ?? {};
  return {
    ...{ policy: chosen.policy, environment: chosen.environment, kind: 'declared', way: chosen.way },
    location: settings.primary,
    standby: standbyOf(settings),
    ...{ store, copies },
    recipients: Object.entries(recipients).map(([label, key]) => `${key} ${label}`),
    tables: { staticTables: section.policy.staticTables, appendOnly: section.policy.appendOnly },
    wal: settings.wal,
    keep: policy?.retention?.keep ?? defaults.keep,
    safetyMs: policy?.safety?.for ?? defaults.safetyMs,
    ...verificationOf(policy, settings),
    required: null,
    identities: (section.identities ?? []).map((file) => settings.path(file)),
    repository: repositoryOf(policy, settings),
    signer: () => declaredSigner(settings),
    verifier: () => declaredVerifier(settings),
    trusted: () => declaredTrust(settings),
    guard: async (what, seen) => guard(settings, what, seen?.mayBeDown === true),
    hasFiles: settings.dataDirectory !== null,
    server: ownerOf(settings),
    release: () => undefined,
  };
}

function storesOfPolicy(
  policy: PolicyDocument | null,
  ofEnvironment: string,
  { stores }: BackupConfiguration,
  directory: string,
): { store: NamedStore<LocalStore> | null; copies: readonly NamedStore[] } {
  const retention = policy?.retention;
  const open = (name: string, isCopy: boolean): NamedStore => {
    const document: StoreDocument | undefined = stores[name];
    if (document === undefined) throw new Exit('invalid', `there is no store ${name}`);
    return {
      name,
      store: openStore(document, directory),
      keepForMs: isCopy ? (retention?.copies ?? defaults.copiesMs) : (retention?.for ?? defaults.forMs),
      lockMs: document.kind === 's3' ? (document.lock?.for ?? null) : null,
    };
  };
  const names = policy === null ? [ofEnvironment] : [policy.store, ...(policy.copies ?? [])];
  const opened = names.map((name, at) => open(name, at > 0));
  const local = opened.find((one): one is NamedStore<LocalStore> => one.store.kind === 'local') ?? null;
  return { store: local, copies: opened.filter((one) => one !== local) };
}

function standbyOf(settings: DeclaredSettings): ClusterLocation | null {
  const { primary } = settings;
  const { standby } = settings.declared;
  if (standby === undefined) return null;
  return {
    ...primary,
    // Somewhere else, wherever its files are.
    dataDirectory: '/dev/null/standby',
    socketDirectory: '/dev/null/standby.run',
    host: standby.host,
    port: standby.port,
    user: standby.user ?? primary.user,
    passfile: standby.passfile === undefined ? primary.passfile : settings.path(standby.passfile),
  };
}

function verificationOf(
  policy: PolicyDocument | null,
  { primary }: DeclaredSettings,
): Pick<BackupScope, 'freshness' | 'smoke'> {
  const wanted = policy?.verify;
  const { database } = primary;
  if (wanted === undefined) return { freshness: null, smoke: [] };
  return {
    freshness: {
      rpoMs: wanted.rpo,
      ...(wanted.rto === undefined ? {} : { rtoMs: wanted.rto }),
      ...{ table: wanted.canary.table, timeColumn: wanted.canary.column, database },
    },
    smoke: (wanted.smoke ?? []).map((sql) => ({ sql, database })),
  };
}

function repositoryOf(policy: PolicyDocument | null, settings: DeclaredSettings): BackupScope['repository'] {
  const { repository } = policy ?? {};
  if (repository === undefined) return null;
  const { stanza, config, repo } = repository;
  return {
    stanza,
    ...(config === undefined ? {} : { config: settings.path(config) }),
    ...(repo === undefined ? {} : { repo }),
  };
}

/** A service manager, where the configuration names its commands. */
function ownerOf(settings: DeclaredSettings): ServerOwner {
  const { stop, start } = settings.declared.database;
  const { wal } = settings;
  return {
    stop: async () => {
      if (stop === undefined) return false;
      if (start === undefined)
        throw new Failure(
          'invalid',
          `environment ${settings.name} says how its server is stopped, not how it is started`,
          {
            hint: `Add \`start\` under \`environments.${settings.name}.database\` in firedrill.yaml.`,
          },
        );
      await runOrFail(settings, stop, commandMs);
      return true;
    },
    ...(start === undefined
      ? {}
      : {
          start: async () => {
            await runOrFail(settings, start, commandMs);
          },
        }),
    started: () => Promise.resolve(),
    inService: (how, tools) => Promise.resolve(wal === null ? [] : [receiveAgain(settings, wal, how, tools)]),
  };
}

/** What lies in its folder came from the other one's timeline after a roll-back, and a receiver would go on from that. */
function receiveAgain(
  { primary }: DeclaredSettings,
  { directory, slot }: ReceivedLog,
  how: 'restored' | 'rolled-back',
  tools: PostgresTools,
): string {
  if (how === 'restored')
    return `start the receiver of its log again, for slot ${slot} into ${directory}: \`${receiverCommand(tools, primary, { directory, slot })}\`; see that it streams`;
  const stamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const fresh = { directory: `${directory}_${stamp.replaceAll(/[-:]/g, '')}`, slot };
  return `start the receiver of its log again, for slot ${slot}, into a new folder, and name that as \`wal.directory\` in firedrill.yaml: \`${newReceiverCommand(tools, primary, fresh)}\`; what came into ${directory} since is of the other one's timeline; see that it streams`;
}

async function guard(settings: DeclaredSettings, what: string, mayBeDown: boolean): Promise<void> {
  const { wrong, fingerprint, silence } = await judgeDeclared(settings);
  const problems =
    fingerprint === null && !mayBeDown ? [...wrong, `it does not answer: ${silence ?? ''}`] : wrong;
  if (problems.length === 0) return;
  throw new Failure('refused', `refused to ${what}: ${problems.join('; ')}`, {
    hint: `Nothing was changed. Compare with \`environments.${settings.name}\` in firedrill.yaml.`,
  });
}
