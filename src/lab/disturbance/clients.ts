import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { Failure } from '../../base/index.js';
import { connectClient, sqlState } from '../../postgres/index.js';
import { passfileOf, type LabPaths } from '../paths.js';
import { sampleRoles } from '../sample/roles.js';
import type { DisturbanceNote, DisturbancePlan, DisturbingClient } from './plan.js';

/** Far more than a lab's server has slots. */
const mostClients = 500;
const refillMs = 200;

/** The clients of one disturbance, all at work. */
export interface WorkingClients {
  readonly sessions: DisturbanceNote['sessions'];
  readonly refused: DisturbanceNote['refused'];
  /** Resolves when the last of them is gone, by itself or because somebody ended it. */
  readonly over: Promise<void>;
}

/** Connects them in order and lets each do its work. Rejects when one cannot do it. */
export async function putToWork(paths: LabPaths, plan: DisturbancePlan): Promise<WorkingClients> {
  const sessions: { application: string; pid: number }[] = [];
  const gone: Promise<void>[] = [];
  let refused: DisturbanceNote['refused'] = null;
  for (const kind of plan.clients) {
    if (kind.times === 1) {
      const client = await connect(paths, plan, kind);
      sessions.push({ application: kind.application, pid: await pidOf(client) });
      gone.push((await work(client, kind)).over);
      continue;
    }
    const crowd = await gather(paths, plan, kind);
    sessions.push(...crowd.pids.map((pid) => ({ application: kind.application, pid })));
    refused = crowd.refused;
    gone.push(crowd.over);
  }
  return { sessions, refused, over: Promise.all(gone).then(() => undefined) };
}

async function connect(paths: LabPaths, plan: DisturbancePlan, kind: DisturbingClient): Promise<pg.Client> {
  const as =
    kind.who === 'administrator'
      ? plan.location
      : { ...plan.location, user: sampleRoles.application, passfile: passfileOf(paths, 'application') };
  return connectClient(as, { applicationName: kind.application });
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** Says what it has to say; `over` resolves at its end. */
async function work(client: pg.Client, kind: DisturbingClient): Promise<{ readonly over: Promise<void> }> {
  const over = endOf(client);
  for (const statement of kind.statements) await client.query(statement);
  if (kind.last !== null) {
    const leave = () => client.end().catch(() => undefined);
    client.query(kind.last).then(leave, leave);
  }
  return { over };
}

/** Whether it left or was ended: an error of the connection comes before its end, and says no more. */
function endOf(client: pg.Client): Promise<void> {
  return new Promise((resolve) => client.once('end', () => resolve()));
}

/** Takes every slot, and every one that becomes free, until somebody ends one of its sessions: then it has been found out. */
async function gather(paths: LabPaths, plan: DisturbancePlan, kind: DisturbingClient) {
  const clients: pg.Client[] = [];
  const pids: number[] = [];
  let found = false;
  const isFound = () => found;
  const ends: Promise<unknown>[] = [];
  const take = async (): Promise<Failure | null> => {
    try {
      const client = await connect(paths, plan, kind);
      ends.push(endOf(client).then(() => (found = true)));
      clients.push(client);
      pids.push(await pidOf(client));
      return null;
    } catch (failure) {
      if (failure instanceof Failure && sqlState(failure) === '53300') return failure;
      throw failure;
    }
  };
  let refusal: Failure | null = null;
  while (refusal === null && clients.length < mostClients) refusal = await take();
  if (refusal === null) throw new Failure('check', `${mostClients} clients, and the server still has slots`);
  const refused = { at: new Date().toISOString(), message: refusal.message };
  const refill = async () => {
    while (!isFound() && clients.length < mostClients) {
      await delay(refillMs);
      if (!isFound()) await take();
    }
    await Promise.all(ends);
  };
  return { pids, refused, over: refill() };
}
