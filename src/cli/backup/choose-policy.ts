import { didYouMean } from '../../base/index.js';
import type { PolicyDocument } from '../../language/index.js';
import { Exit } from '../exit.js';
import type { BackupConfiguration } from './read-configuration.js';
import type { Way } from './scope.js';

export interface Wanted {
  readonly policy?: string;
  readonly environment?: string;
  readonly way?: Way;
  /** Every policy that fits, one after the other. */
  readonly all?: boolean;
}

/** One policy to work with. `document` is null where the environment alone says enough. */
export interface Chosen {
  readonly policy: string;
  readonly environment: string;
  readonly kind: 'lab' | 'declared';
  readonly way: Way;
  readonly document: PolicyDocument | null;
}

/**
 * Which policies are meant, from what was typed and what is configured. An environment without a policy can be backed up as it is; a
 * lab has both ways built in. Throws exit `usage`, naming what there is, when nothing fits or too much does.
 */
export function choosePolicies(configuration: BackupConfiguration, wanted: Wanted): readonly Chosen[] {
  const all = candidates(configuration, wanted);
  const fitting = wanted.way === undefined ? all : all.filter((one) => one.way === wanted.way);
  const [only] = fitting;
  if (only === undefined) {
    const ways = [...new Set(all.map((one) => one.way))].join(' or ');
    throw new Exit('usage', `nothing here is backed up the ${wanted.way ?? ''} way, only ${ways}`);
  }
  // Both ways of a lab belong together.
  if (fitting.length === 1 || wanted.all === true || only.kind === 'lab') return fitting;
  throw new Exit(
    'usage',
    `there are ${fitting.length} policies: ${fitting.map((one) => one.policy).join(', ')}`,
    'Name one of them, or type --all.',
  );
}

function candidates(configuration: BackupConfiguration, wanted: Wanted): readonly Chosen[] {
  const { environments, policies } = configuration;
  const { environment } = wanted;
  if (environment !== undefined)
    requireKnown('environment', environment, [...Object.keys(environments), 'lab']);
  if (wanted.policy !== undefined) {
    requireKnown('policy', wanted.policy, Object.keys(policies));
    const document = policies[wanted.policy];
    if (document !== undefined) return [ofPolicy(configuration, wanted.policy, document, environment)];
  }
  const isLab = environment !== undefined && (environments[environment]?.kind ?? 'lab') === 'lab';
  if (isLab) return ofLab(environment);
  const named = Object.entries(policies)
    .map(([name, document]) => ofPolicy(configuration, name, document))
    .filter((one) => environment === undefined || one.environment === environment);
  if (named.length > 0) return named;
  const declared = Object.keys(environments).filter((name) => environments[name]?.kind === 'declared');
  const [first] = environment === undefined ? declared : [environment];
  if (first !== undefined && (environment !== undefined || declared.length === 1))
    return [
      { policy: first, environment: first, kind: 'declared', way: wanted.way ?? 'physical', document: null },
    ];
  if (declared.length === 0) {
    const lab = Object.keys(environments).find((name) => environments[name]?.kind === 'lab') ?? 'lab';
    return ofLab(lab);
  }
  throw new Exit(
    'usage',
    `there is no policy, and there are ${declared.length} environments: ${declared.join(', ')}`,
    'Type --environment <name>, or write `policies` into firedrill.yaml.',
  );
}

/** What a lab's own backups are called, whichever way they are taken. */
function ofLab(environment: string): readonly Chosen[] {
  const common = { policy: 'lab', environment, kind: 'lab', document: null } as const;
  return [
    { ...common, way: 'physical' },
    { ...common, way: 'logical' },
  ];
}

function ofPolicy(
  { environments }: BackupConfiguration,
  name: string,
  document: PolicyDocument,
  given?: string,
): Chosen {
  const fitting = Object.entries(environments).flatMap(([key, one]) =>
    one.kind === 'declared' && one.store === document.store ? [key] : [],
  );
  const environment = given ?? document.environment ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (environment !== undefined)
    return { policy: name, environment, kind: 'declared', way: document.way, document };
  throw new Exit(
    'usage',
    `policy ${name} does not say which environment it is for`,
    `Add \`environment\` to it in firedrill.yaml, or type --environment <name>.`,
  );
}

export function requireKnown(what: string, given: string, known: readonly string[]): void {
  if (known.includes(given)) return;
  const near = didYouMean(given, known);
  const all = [...new Set(known)].join(', ');
  throw new Exit(
    'usage',
    `there is no ${what} "${given}"`,
    near === undefined
      ? `There ${known.length === 0 ? 'is none in firedrill.yaml' : `is: ${all}`}.`
      : `Did you mean ${near}?`,
  );
}
