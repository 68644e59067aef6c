import { Failure } from '../../base/index.js';
import { clusterState, type ClusterLocation } from '../../postgres/index.js';
import type { CommandOptions, TrafficPort } from '../environment.js';
import { runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import { named, recordAt, type StateFile } from './state.js';

const switchMs = 60_000;
const askMs = 15_000;

/** Traffic of a declared environment, and the cluster that recoveries mean while it is closed. */
export interface DeclaredTraffic extends TrafficPort {
  /** Where clients are sent, or were sent last while they are sent nowhere. */
  served(options?: CommandOptions): Promise<ClusterLocation>;
}

/**
 * What sends clients to the database, through the commands that the configuration names. `moved` is told where clients are
 * sent whenever that was asked; null: nowhere. Without such commands clients reach the declared address, and nothing else.
 */
export function declaredTraffic(
  settings: DeclaredSettings,
  state: StateFile,
  moved: (location: ClusterLocation | null) => void,
): DeclaredTraffic {
  const { traffic } = settings.declared;
  /** Null: nowhere. */
  const ask = async (options?: CommandOptions): Promise<ClusterLocation | null> => {
    const at = traffic === undefined ? settings.primary : await askTarget(settings, traffic.target, options);
    if (at === null) {
      moved(null);
      return null;
    }
    const location = await clusterAt(settings, state, at);
    if (location === null) {
      throw new Failure(
        'refused',
        `clients are sent to ${at.host}:${at.port}, which is no cluster of environment ${settings.name}`,
        {
          hint: 'Send them back to the database that firedrill.yaml declares, or correct the configuration.',
        },
      );
    }
    await noteServing(state, location);
    moved(location);
    return location;
  };
  const target = async (options?: CommandOptions): Promise<ClusterLocation> => {
    const location = await ask(options);
    if (location !== null) return location;
    throw new Failure('unavailable', `clients of environment ${settings.name} are sent nowhere`, {
      hint: 'Send them to a cluster with a step that uses traffic.switch.',
    });
  };
  const close = traffic?.close;
  return {
    target,
    served: async (options) => (await ask(options)) ?? lastServed(settings, state),
    switchTo: async ({ host, port }, options) => {
      const isThere = host === settings.primary.host && port === settings.primary.port;
      const env = { FIREDRILL_TO_HOST: host, FIREDRILL_TO_PORT: String(port) };
      if (traffic !== undefined)
        await runOrFail(settings, [...traffic.switch, host, String(port)], switchMs, { ...options, env });
      else if (!isThere) throw notDeclared(settings, `way to send clients to ${host}:${port}`, 'traffic');
      await target(options);
    },
    isClosed: async (options) => traffic !== undefined && (await ask(options)) === null,
    close: async (options) => {
      if (close === undefined) throw notDeclared(settings, 'way to send clients nowhere', 'traffic.close');
      await runOrFail(settings, close, switchMs, options);
      await ask(options);
    },
  };
}

/** Where clients are sent, as the switch itself says; null: nowhere. */
export async function askTarget(
  settings: DeclaredSettings,
  argv: readonly string[],
  options?: CommandOptions,
): Promise<{ readonly host: string; readonly port: number } | null> {
  const { printed } = await runOrFail(settings, argv, askMs, options);
  if (printed === 'nowhere') return null;
  const [, host, port] = /^(\S+)\s+(\d{1,5})$/.exec(printed) ?? [];
  if (host !== undefined && port !== undefined) return { host, port: Number(port) };
  throw new Failure(
    'unavailable',
    `${argv[0] ?? ''} does not tell where clients are sent: it printed ${JSON.stringify(printed.slice(0, 200))}`,
    { hint: 'It must print `<host> <port>`, or `nowhere`.' },
  );
}

/** A restored cluster may have taken over the address of the one put aside: then the one that runs is meant. */
async function clusterAt(
  { standby }: DeclaredSettings,
  state: StateFile,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ClusterLocation | null> {
  const known = [standby, named(state.read(), 'replacement'), named(state.read(), 'primary')];
  const there = known.filter((one) => one !== null).filter((one) => one.host === host && one.port === port);
  for (const one of there) if ((await clusterState(one)) === 'running') return one;
  return there.at(-1) ?? null;
}

async function noteServing(state: StateFile, { dataDirectory }: ClusterLocation): Promise<void> {
  const before = state.read();
  if (before.serving !== dataDirectory) await state.write({ ...before, serving: dataDirectory });
}

function lastServed(settings: DeclaredSettings, state: StateFile): ClusterLocation {
  const { serving } = state.read();
  if (serving === settings.standby?.dataDirectory) return settings.standby ?? settings.primary;
  const record = serving === undefined ? undefined : recordAt(state.read(), serving);
  return record?.location ?? settings.primary;
}
