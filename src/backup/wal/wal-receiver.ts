import { readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, isJsonObject } from '../../base/index.js';
import { beginAtFork, isForkRefusal } from './begin-at-fork.js';
import { forkPassed, putAsidePastFork } from './past-fork.js';
import { settlePromotion } from './settle-promotion.js';
import {
  endProcess,
  isAlive,
  outputTail,
  startDetached,
  type ProcessIdentity,
} from '../../children/index.js';
import {
  connectTo,
  makeOwnedDirectory,
  runTool,
  toolEnvironment,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';

export interface WalReceiverRequest {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  /** Where segments are written; best on another disk than the server's. */
  readonly directory: string;
  /** Replication slot, and the name that `synchronous_standby_names` would use. */
  readonly slot: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

const stateFile = (directory: string) => join(directory, '.receiver.json');
export const receiverLogFile = (directory: string) => join(directory, 'receiver.log');

/**
 * Starts pg_receivewal as a process of its own that outlives the engine, on a slot that is made when it is missing, and
 * waits until the server sees it streaming. Nothing to do when it already receives.
 */
export async function startWalReceiver(request: WalReceiverRequest): Promise<ProcessIdentity> {
  const { tools, location, directory, slot, signal } = request;
  const running = await findReceiver(directory);
  if (running !== null) return running;
  await makeOwnedDirectory(directory, location.account);
  await mendPartials(location, directory);
  await settlePromotion(location, directory);
  const common = ['-D', directory, '-S', slot, '-w'];
  await runTool(tools, 'pg_receivewal', [...common, '--create-slot', '--if-not-exists'], {
    location,
    signal,
    timeoutMs: 30_000,
  });
  await releaseSlot(location, slot);
  try {
    return await launchAtFork(request);
  } catch (failure) {
    const fork = await forkPassed(receiverLogFile(directory));
    if (fork === null || (await putAsidePastFork(location, directory, fork)) === null) throw failure;
    return launchAtFork(request);
  }
}

async function launchAtFork(request: WalReceiverRequest): Promise<ProcessIdentity> {
  try {
    return await launchReceiver(request);
  } catch (failure) {
    if (!isForkRefusal(failure) || !(await beginAtFork(request.location, request.directory))) throw failure;
    return launchReceiver(request);
  }
}

async function launchReceiver(request: WalReceiverRequest): Promise<ProcessIdentity> {
  const { tools, location, directory, slot } = request;
  const receiver = await startDetached({
    file: tools.path('pg_receivewal'),
    args: ['-D', directory, '-S', slot, '-w', '--synchronous', '--no-loop'],
    env: { ...toolEnvironment(location), PGAPPNAME: slot },
    onlyGivenEnv: true,
    cwd: directory,
    account: location.account,
    logFile: receiverLogFile(directory),
  });
  await writeFile(`${stateFile(directory)}.new`, JSON.stringify({ ...receiver, slot }));
  await rename(`${stateFile(directory)}.new`, stateFile(directory));
  try {
    await waitUntilStreaming(request, receiver);
  } catch (failure) {
    await stopWalReceiver(directory);
    throw failure;
  }
  return receiver;
}

/**
 * A receiver that was killed while it made a segment's file leaves a short one, and none starts beside it. Its content is
 * received again from the segment's start, so only its size has to be right.
 */
async function mendPartials(location: ClusterLocation, directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /^[0-9A-F]{24}\.partial$/.test(name));
  if (names.length === 0) return;
  const session = await connectTo(location, { applicationName: 'firedrill slot', readOnly: true });
  const [row] = await session
    .query(`select setting::int8 as bytes from pg_settings where name = 'wal_segment_size'`)
    .finally(() => session.end());
  for (const name of names) {
    const { size } = await stat(join(directory, name));
    if (size !== 0 && size !== Number(row?.['bytes']))
      await truncate(join(directory, name), Number(row?.['bytes']));
  }
}

/** Asks it to finish its last write and end; killed after 10 s. The slot stays, and holds back WAL, until `dropSlot`. */
export async function stopWalReceiver(directory: string): Promise<void> {
  const receiver = await findReceiver(directory);
  if (receiver !== null) await endProcess(receiver, { graceMs: 10_000, firstSignal: 'SIGINT' });
  await rm(stateFile(directory), { force: true });
}

/** Whether the receiver's process lives. It ends by itself when the server goes away. */
export async function isReceiving(directory: string): Promise<boolean> {
  return (await findReceiver(directory)) !== null;
}

/** A receiver that was killed holds its slot until the server notices; it is ours, and it is dead, so it is ended there too. */
async function releaseSlot(location: ClusterLocation, slot: string): Promise<void> {
  const session = await connectTo(location, { applicationName: 'firedrill slot' });
  try {
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline) {
      const [held] = await session.query(
        `select r.pid, pg_terminate_backend(r.pid) from pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid
          where s.slot_name = $1 and r.application_name = $1`,
        [slot],
      );
      if (held === undefined) return;
      await delay(20);
    }
  } finally {
    await session.end();
  }
}

/** Makes the slot, if it is missing, so that the server keeps its WAL from now on, whenever the receiver starts. */
export async function reserveSlot(location: ClusterLocation, slot: string): Promise<void> {
  const session = await connectTo(location, { applicationName: 'firedrill slot' });
  try {
    await session.query(
      `select pg_create_physical_replication_slot($1, true)
        where not exists (select 1 from pg_replication_slots where slot_name = $1)`,
      [slot],
    );
  } finally {
    await session.end();
  }
}

/** Removes the slot, so that the server no longer keeps WAL for it. False when there was none. */
export async function dropSlot(location: ClusterLocation, slot: string): Promise<boolean> {
  const session = await connectTo(location, { applicationName: 'firedrill slot' });
  try {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const [row] = await session.query('select active from pg_replication_slots where slot_name = $1', [
        slot,
      ]);
      if (row === undefined) return false;
      // The server notices a receiver's end a moment after it.
      if (row['active'] !== true || performance.now() > deadline) break;
      await delay(20);
    }
    await session.query('select pg_drop_replication_slot($1)', [slot]);
    return true;
  } finally {
    await session.end();
  }
}

/** The receiver that writes into this folder, if it lives. */
export async function findReceiver(directory: string): Promise<ProcessIdentity | null> {
  const text = await readFile(stateFile(directory), 'utf8').catch(() => null);
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) return null;
  const { pid, startTicks, bootId } = value;
  if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string') return null;
  const identity = { pid, startTicks, bootId };
  return isAlive(identity) ? identity : null;
}

async function waitUntilStreaming(request: WalReceiverRequest, receiver: ProcessIdentity): Promise<void> {
  const { location, slot, directory } = request;
  const session = await connectTo(location, { applicationName: 'firedrill slot', readOnly: true });
  const deadline = performance.now() + (request.timeoutMs ?? 30_000);
  try {
    for (;;) {
      const rows = await session.query(
        `select 1 from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid
          where s.slot_name = $1 and r.state = 'streaming'`,
        [slot],
      );
      if (rows.length > 0) return;
      if (!isAlive(receiver))
        throw await receiverFailure(directory, `the WAL receiver for slot ${slot} ended`);
      if (request.signal?.aborted === true)
        throw new Failure('cancelled', 'starting the WAL receiver was cancelled');
      if (performance.now() > deadline)
        throw await receiverFailure(directory, `slot ${slot} is not streaming in time`);
      await delay(20);
    }
  } finally {
    await session.end();
  }
}

async function receiverFailure(directory: string, what: string): Promise<Failure> {
  const tail = outputTail(20);
  tail.write(await readFile(receiverLogFile(directory)).catch(() => Buffer.alloc(0)));
  const lines = tail.lines();
  const said =
    lines.findLast((line) => line.includes('error:') && !line.endsWith('disconnected')) ?? lines.at(-1);
  return new Failure('unavailable', `${what}${said === undefined ? '' : `: ${said}`}`, {
    hint: /has already been removed/.test(said ?? '')
      ? `The server no longer has that log: give the receiver a new folder, and take a base backup, because recovery from the older ones ends there.`
      : `Read its log: \`tail ${receiverLogFile(directory)}\`.`,
  });
}
