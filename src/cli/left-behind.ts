import { named, removeEmptyPlace, type DeclaredSettings, type StateFile } from '../actions/index.js';
import { clusterState, type ClusterLocation } from '../postgres/index.js';

export interface LeftBehind {
  readonly released: readonly string[];
  readonly leftovers: readonly string[];
  readonly kept: readonly string[];
}

/**
 * What a live run leaves in an environment that is not ours to clean up. The cluster that serves now and the one that was put
 * aside stay on purpose; every other one that the run made is a leftover. Only places whose cluster is gone are removed.
 */
export async function whatWasLeft(
  settings: DeclaredSettings,
  state: StateFile,
  serving: ClusterLocation | null,
): Promise<LeftBehind> {
  const { clusters, names } = state.read();
  const released: string[] = [];
  const leftovers: string[] = [];
  const kept: string[] = [];
  const aside = named(state.read(), 'set-aside');
  for (const { location, token } of clusters) {
    if (token === null) continue;
    const { dataDirectory, host, port } = location;
    const name = Object.entries(names).find(([, place]) => place === dataDirectory)?.[0] ?? 'former';
    if (await removeEmptyPlace(location)) {
      released.push(`empty place of the ${name} cluster`);
      continue;
    }
    const found = await clusterState(location);
    const at = found === 'running' ? ` at ${host}:${port}` : '';
    const said = `${name} cluster, ${found}${at}, in ${dataDirectory}`;
    const stays = dataDirectory === serving?.dataDirectory || dataDirectory === aside?.dataDirectory;
    (stays && found !== 'absent' ? kept : leftovers).push(said);
  }
  return { released, leftovers, kept: [...kept, ...adviceFor(settings, serving)] };
}

/** What people have to change once a restored cluster serves: the next live run is refused until they have. */
function adviceFor({ name, primary, standby }: DeclaredSettings, serving: ClusterLocation | null): string[] {
  if (serving === null || serving.dataDirectory === primary.dataDirectory) return [];
  const key = `environments.${name}`;
  if (serving.dataDirectory === standby?.dataDirectory)
    return [
      `the promoted standby at ${serving.host}:${serving.port} serves, and firedrill.yaml still declares the old primary: exchange ${key}.database and ${key}.standby, set ${key}.fingerprint.host and .port to ${serving.host} and ${serving.port}, and let ${key}.fence shut off that region`,
    ];
  const { dataDirectory, port } = serving;
  const moved = port === primary.port ? '' : `, ${key}.database.port and ${key}.fingerprint.port to ${port}`;
  return [
    `firedrill.yaml still declares the old cluster: set ${key}.database.dataDirectory to ${dataDirectory}${moved}`,
    `the server on ${dataDirectory} was started by firedrill: hand it over to the service manager`,
  ];
}
