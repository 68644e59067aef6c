import type { Position } from '../../base/index.js';
import type { EnvironmentDocument } from '../documents/configuration.js';
import type { StoreDocument } from '../documents/stores.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';

/** What a configuration defines and its other parts may name. */
export interface Configured {
  readonly stores: { readonly [name: string]: StoreDocument };
  readonly environments: { readonly [name: string]: EnvironmentDocument };
}

/** The store of that name, or nothing once it was reported that there is none. */
export function requireStore(
  name: string,
  place: Position,
  { stores }: Configured,
  report: Report,
): StoreDocument | undefined {
  if (Object.hasOwn(stores, name)) return stores[name];
  const hint = suggest(name, Object.keys(stores), 'Stores') ?? 'Add it under `stores`.';
  report.error(place, 'unknown-store', `unknown store ${quote(name)}`, hint);
  return undefined;
}

export function requireEnvironment(
  name: string,
  place: Position,
  { environments }: Configured,
  report: Report,
): EnvironmentDocument | undefined {
  if (Object.hasOwn(environments, name)) return environments[name];
  const hint = suggest(name, Object.keys(environments), 'Environments') ?? 'Add it under `environments`.';
  report.error(place, 'unknown-environment', `unknown environment ${quote(name)}`, hint);
  return undefined;
}
