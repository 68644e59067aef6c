import { isJsonObject, type Json } from '../base/index.js';
import type { EnvironmentPlan } from '../language/index.js';

/**
 * The command that an environment declares under `key` (`traffic.close`), as it would be run, for a preview; `otherwise` where none is
 * declared because the environment is no declared one. One that is missing is named, for people to write it or to do it by hand.
 */
export function commandOr(
  environment: EnvironmentPlan | undefined,
  key: string,
  otherwise: string,
  more: readonly string[] = [],
): string {
  if (environment?.kind !== 'declared') return otherwise;
  const found = declaredAt(environment, key);
  if (Array.isArray(found)) return [...found.map(String), ...more].map(quoted).join(' ');
  return `by hand: no \`${key}\` under \`environments.${environment.name}\` in firedrill.yaml`;
}

/** What stands at a key of a declared environment; undefined where nothing does. */
export function declaredAt({ kind, settings }: EnvironmentPlan, key: string): Json | undefined {
  if (kind !== 'declared') return undefined;
  let value: Json | undefined = settings;
  for (const part of key.split('.')) value = isJsonObject(value) ? value[part] : undefined;
  return value;
}

/** Host and port of a named cluster of a declared environment; null where that is not known beforehand. */
export function addressOf(
  environment: EnvironmentPlan | undefined,
  key: 'database' | 'standby',
): readonly [string, string] | null {
  const found = environment === undefined ? undefined : declaredAt(environment, key);
  if (!isJsonObject(found)) return null;
  const { host, port } = found;
  return typeof host === 'string' && typeof port === 'number' ? [host, String(port)] : null;
}

/** As one would type it; an argument that only the run knows stays readable. */
function quoted(word: string): string {
  return /^[\w@%+=:,./<>-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
