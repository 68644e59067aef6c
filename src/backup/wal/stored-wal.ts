import type { Store } from '../../store/index.js';

/** What of a system's log lies in a store: the name of each segment or history, and the key it lies under. */
export type StoredWal = ReadonlyMap<string, string>;

const prefixOf = (systemIdentifier: string) => `wal/${systemIdentifier}/`;

export function walKey(systemIdentifier: string, name: string, encrypted: boolean): string {
  return `${prefixOf(systemIdentifier)}${name}.zst${encrypted ? '.age' : ''}`;
}

/** Listed once, by prefix: asking for each of thousands takes too long. */
export async function listStoredWal(
  store: Store,
  systemIdentifier: string,
  signal?: AbortSignal,
): Promise<StoredWal> {
  const prefix = prefixOf(systemIdentifier);
  const found = new Map<string, string>();
  for await (const { key } of store.list(prefix, signal)) {
    const name = /^([0-9A-F]{24}|[0-9A-F]{8}\.history)\.zst(\.age)?$/.exec(key.slice(prefix.length))?.[1];
    if (name !== undefined) found.set(name, key);
  }
  return found;
}
