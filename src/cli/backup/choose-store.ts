import { requireKnown } from './choose-policy.js';
import { storesOf, type BackupScope, type NamedStore } from './scope.js';

/** Every store of these policies, each once; only the one that was typed, if one was. Throws exit `usage` for an unknown one. */
export function chooseStores(scopes: readonly BackupScope[], given?: string): readonly NamedStore[] {
  const stores = new Map(scopes.flatMap(storesOf).map((one) => [one.name, one]));
  if (given === undefined) return [...stores.values()];
  requireKnown('store', given, [...stores.keys()]);
  return [...stores.values()].filter((one) => one.name === given);
}
