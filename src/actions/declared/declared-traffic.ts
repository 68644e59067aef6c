import { Failure } from '../../base/index.js';
import { clusterState, type ClusterLocation } from '../../postgres/index.js';
import type { CommandOptions, TrafficPort } from '../environment.js';
import { runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import { named, type StateFile } from './state.js';

const switchMs = 60_000;
const askMs = 15_000;

/**
 * What sends clients to the database, through the commands that the configuration names. `moved` is told where clients are
 * sent whenever that was asked. Without such commands clients reach the declared address, and nothing else.
 */
export function declaredTraffic(
  settings: DeclaredSettings,
  state: StateFile,
  moved: (location: ClusterLocation) => void,
): TrafficPort {
  const { traffic } = settings.declared;
  const target = async (options?: CommandOptions): Promise<ClusterLocation> => {
    const at = traffic === undefined ? settings.primary : await askTarget(settings, traffic.target, options);
    const location = await clusterAt(state, at);
    if (location === null) {
      throw new Failure(
        'refused',
        `clients are sent to ${at.host}:${at.port}, which is no cluster of environment ${settings.name}`,
        {
          hint: 'Send them back to the database that firedrill.yaml declares, or correct the configuration.',
        },
      );
    }
    moved(location);
    return location;
  };
  return {
    target,
    switchTo: async ({ host, port }, options) => {
      const isThere = host === settings.primary.host && port === settings.primary.port;
      if (traffic !== undefined)
        await runOrFail(settings, [...traffic.switch, host, String(port)], switchMs, options);
      else if (!isThere) throw notDeclared(settings, `way to send clients to ${host}:${port}`, 'traffic');
      await target(options);
    },
  };
}

/** Where clients are sent, as the switch itself says. */
export async function askTarget(
  settings: DeclaredSettings,
  argv: readonly string[],
  options?: CommandOptions,
): Promise<{ readonly host: string; readonly port: number }> {
  const { printed } = await runOrFail(settings, argv, askMs, options);
  const [, host, port] = /^(\S+)\s+(\d{1,5})$/.exec(printed) ?? [];
  if (host !== undefined && port !== undefined) return { host, port: Number(port) };
  throw new Failure(
    'unavailable',
    `${argv[0] ?? ''} does not tell where clients are sent: it printed ${JSON.stringify(printed.slice(0, 200))}`,
    { hint: 'It must print `<host> <port>`.' },
  );
}

/** A restored cluster may have taken over the address of the one put aside: then the one that runs is meant. */
async function clusterAt(
  state: StateFile,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ClusterLocation | null> {
  const known = [named(state.read(), 'replacement'), named(state.read(), 'primary')];
  const there = known.filter((one) => one !== null).filter((one) => one.host === host && one.port === port);
  for (const one of there) if ((await clusterState(one)) === 'running') return one;
  return there.at(-1) ?? null;
}
