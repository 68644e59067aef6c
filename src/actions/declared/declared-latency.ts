import { connectTo, type ClusterLocation } from '../../postgres/index.js';
import type { LatencyPort } from '../latency-port.js';
import type { DeclaredSettings } from './settings.js';

/** What `firedrill.yaml` says under `latency`; null where it says nothing. `target` tells where clients are sent. */
export function declaredLatency(
  settings: DeclaredSettings,
  target: () => Promise<ClusterLocation>,
): LatencyPort | null {
  const { latency } = settings.declared;
  if (latency === undefined) return null;
  const { objective, factor, limit, user, passfile } = latency;
  return {
    queries: Object.entries(latency.queries).map(([name, sql]) => ({ name, sql })),
    objective: { atLeastMs: objective, factor },
    limitMs: limit,
    baselineFile: settings.path(latency.baseline),
    connect: async () => {
      const location = await target();
      const client = {
        ...location,
        ...(user === undefined ? {} : { user }),
        ...(passfile === undefined ? {} : { passfile: settings.path(passfile) }),
      };
      return connectTo(client, {
        applicationName: 'firedrill canary',
        readOnly: true,
        statementTimeoutMs: limit,
        connectTimeoutMs: limit,
      });
    },
  };
}
