import type { JsonObject, Position } from '../../base/index.js';
import type { ConfigurationDocument, EnvironmentDocument } from '../documents/configuration.js';
import type { DeclaredEnvironment } from '../documents/environments.js';
import type { PolicyDocument } from '../documents/backups.js';
import type { StoreDocument } from '../documents/stores.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';

/** The declared environment whose backups seed a lab, and the stores in which they lie, the nearest first. */
export interface ChosenSeed {
  readonly environment: string;
  readonly section: DeclaredEnvironment;
  readonly stores: readonly string[];
}

/**
 * Finds what `from` means: a store, or a policy with its stores. Which keys are believed, what the database is called and what is known
 * of its tables, the declared environment says whose backups lie there.
 */
export function chooseSeed(
  configuration: ConfigurationDocument | null,
  from: string,
  place: Position,
  report: Report,
): ChosenSeed | undefined {
  const stores: { readonly [id: string]: StoreDocument } = configuration?.stores ?? {};
  const policies: { readonly [id: string]: PolicyDocument } = configuration?.policies ?? {};
  const environments: { readonly [id: string]: EnvironmentDocument } = configuration?.environments ?? {};
  const isStore = Object.hasOwn(stores, from);
  const policy = !isStore && Object.hasOwn(policies, from) ? policies[from] : undefined;
  if (!isStore && policy === undefined) {
    const hint =
      suggest(from, [...Object.keys(stores), ...Object.keys(policies)], 'Stores and policies') ??
      'Add it under `stores` in firedrill.yaml.';
    report.error(place, 'unknown-store', `unknown store ${quote(from)}`, hint);
    return undefined;
  }
  const main = policy?.store ?? from;
  const named = policy?.environment;
  const fitting = Object.entries(environments).flatMap(([id, section]) =>
    section.kind === 'declared' && (named === undefined ? keepsIn(section, id, main, policies) : id === named)
      ? [{ id, section }]
      : [],
  );
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) {
    const message =
      only === undefined
        ? `no declared environment keeps its backups in ${quote(main)}`
        : `${fitting.length} declared environments keep backups in ${quote(main)}: ${fitting.map(({ id }) => id).join(', ')}`;
    const hint =
      only === undefined
        ? 'Add the environment whose backups these are: it says which keys are believed.'
        : 'Name a policy of one of them instead of the store, with its `environment`.';
    report.error(place, 'no-seed', message, hint);
    return undefined;
  }
  return { environment: only.id, section: only.section, stores: [main, ...(policy?.copies ?? [])] };
}

function keepsIn(
  section: DeclaredEnvironment,
  id: string,
  store: string,
  policies: { readonly [id: string]: PolicyDocument },
): boolean {
  if (section.store === store) return true;
  return Object.values(policies).some(
    (one) => one.environment === id && [one.store, ...(one.copies ?? [])].includes(store),
  );
}

/** As the plan keeps it. */
export function frozenSeed(seed: ChosenSeed | undefined): { readonly seed?: JsonObject } {
  if (seed === undefined) return {};
  return { seed: JSON.parse(JSON.stringify(seed)) as JsonObject };
}
