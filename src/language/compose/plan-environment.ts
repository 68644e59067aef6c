import type { JsonObject, Position } from '../../base/index.js';
import type { ConfigurationDocument, EnvironmentDocument } from '../documents/configuration.js';
import type { DrillDocument } from '../documents/drill.js';
import { labEnvironment } from '../documents/environments.js';
import type { EnvironmentPlan } from '../plan.js';
import { placeOf } from '../shape/origin.js';
import { invalid, Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { given } from '../given.js';
import { chooseSeed, frozenSeed } from './plan-seed.js';

export interface ChosenEnvironment {
  readonly plan: EnvironmentPlan;
  /** The store it recovers from, where the configuration says; null for the sample database. */
  readonly store: string | null;
  readonly regions: number;
  readonly position: Position;
}

/**
 * Finds the environment by name. `lab` exists without being configured. The settings are its section with defaults filled
 * in, and what it refers to elsewhere in the configuration: `stores` and `channels`.
 */
export function chooseEnvironment(
  configuration: ConfigurationDocument | null,
  drill: DrillDocument | null,
  wanted: string | undefined,
  asked: Position,
  report: Report,
): ChosenEnvironment | undefined {
  const seed = typeof drill?.environment === 'object' ? drill.environment.lab : undefined;
  const declared =
    typeof drill?.environment === 'string' ? drill.environment : seed === undefined ? undefined : 'lab';
  const name = wanted ?? declared ?? 'lab';
  const position = wanted === undefined && drill !== null ? placeOf(drill, 'environment') : asked;
  const all: { readonly [name: string]: EnvironmentDocument } = configuration?.environments ?? {};
  const section = Object.hasOwn(all, name) ? all[name] : name === 'lab' ? builtInLab() : undefined;
  if (section === undefined) {
    const hint = suggest(name, [...new Set([...Object.keys(all), 'lab'])], 'Environments');
    report.error(position, 'unknown-environment', `unknown environment ${quote(name)}`, hint);
    return undefined;
  }
  const stores: JsonObject = plain(configuration?.stores ?? {});
  const channels: JsonObject = plain(configuration?.channels ?? {});
  if (section.kind === 'declared') {
    const settings = { ...plain(section), stores, channels };
    return {
      plan: { name, kind: 'declared', settings },
      store: section.store,
      regions: section.regions,
      position,
    };
  }
  const from = seed?.from ?? section.from;
  const place = () => (seed?.from === undefined ? placeOf(section, 'from') : placeOf(seed, 'from'));
  const chosen = from === 'sample' ? undefined : chooseSeed(configuration, from, place(), report);
  const settings = {
    ...plain(section),
    from,
    ...given('scale', seed?.scale),
    ...frozenSeed(chosen),
    stores,
    channels,
  } as JsonObject;
  return {
    plan: { name, kind: 'lab', settings },
    store: chosen?.stores[0] ?? null,
    regions: section.regions,
    position,
  };
}

/** The lab of a programme that configures none. */
function builtInLab(): EnvironmentDocument | undefined {
  const position = { file: '', line: 1, column: 1 };
  const kind = { type: 'scalar', value: 'lab', source: 'lab', position } as const;
  const section = labEnvironment.read(
    { type: 'map', entries: [{ key: 'kind', keyPosition: position, value: kind }], position },
    new Report(),
  );
  return section === invalid ? undefined : section;
}

/** Without the memory of where it stood. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
