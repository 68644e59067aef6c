import { Failure } from '../base/index.js';
import {
  connectTo,
  measureLatency,
  takeNormalSizes,
  writeBaseline,
  type CanaryQuery,
  type ClusterLocation,
  type LatencyObjective,
  type Session,
} from '../postgres/index.js';
import type { Lab } from './lab.js';
import { passfileOf } from './paths.js';
import { canaryQueries } from './sample/canary-queries.js';
import { sampleRoles } from './sample/roles.js';
import { trafficTarget } from './traffic-switch.js';

/** How it is measured in a lab whether the application's users are served quickly enough. */
export interface LabLatency {
  readonly queries: readonly CanaryQuery[];
  readonly objective: LatencyObjective;
  readonly limitMs: number;
  readonly baselineFile: string;
  connect(): Promise<Session>;
}

/** A healthy lab answers in single milliseconds; a busy machine may take ten times as long, what the faults do a hundred times. */
const objective: LatencyObjective = { atLeastMs: 150, factor: 5 };
const limitMs = 600;

/** As the application connects: to wherever the traffic switch points, with its role. Null on the organisation's own tables: the queries are the sample's. */
export function labLatency(lab: Lab): LabLatency | null {
  if (lab.state().seed !== undefined) return null;
  return {
    queries: canaryQueries,
    objective,
    limitMs,
    baselineFile: lab.paths.latencyBaseline,
    connect: () => connectAsApplication(lab, trafficTarget(lab), 'firedrill canary'),
  };
}

/** The same for a fault, which cannot show that anybody is served more slowly without it. Throws `refused`. */
export function requireLatency(lab: Lab): LabLatency {
  const latency = labLatency(lab);
  if (latency !== null) return latency;
  throw new Failure('refused', 'how quickly this lab answers is not measured: it holds your own tables', {
    hint: 'Drill this disaster in a lab on the sample database.',
  });
}

/** A session with the application's role and rights; its statements end at the limit. */
export async function connectAsApplication(
  lab: Lab,
  location: ClusterLocation,
  applicationName: string,
): Promise<Session> {
  const client = {
    ...location,
    user: sampleRoles.application,
    passfile: passfileOf(lab.paths, 'application'),
  };
  return connectTo(client, {
    applicationName,
    readOnly: true,
    statementTimeoutMs: limitMs,
    connectTimeoutMs: limitMs,
  });
}

/** Measures what is normal in this lab, before anything is broken in it. */
export async function recordLabBaseline(lab: Lab): Promise<void> {
  const port = labLatency(lab);
  if (port === null) return;
  const { queries, baselineFile } = port;
  const latency = await measureLatency({ queries, limitMs, connect: () => port.connect() });
  const [failed] = latency.queries.filter((one) => one.givenUp > 0);
  // A machine too busy for a lab: what follows would be compared with nonsense.
  if (failed !== undefined && failed.givenUp === failed.samples)
    throw new Failure('unavailable', `canary query ${failed.name} failed: ${failed.firstError ?? ''}`);
  writeBaseline(baselineFile, queries, latency, await takeNormalSizes(() => port.connect()));
}
