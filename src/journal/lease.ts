import { link, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure, isJsonObject, type Json } from '../base/index.js';

/** Which process holds a lease: a process id alone may have been given to another since. */
export interface HolderIdentity {
  readonly pid: number;
  /** Start of the process, as the system spells it. */
  readonly startTicks: string;
  /** Changes with every boot of the machine. */
  readonly bootId: string;
}

/** How the journal tells whether a holder lives; a zombie does not. */
export interface IdentityPort {
  current(): HolderIdentity;
  isAlive(identity: HolderIdentity): boolean;
}

export interface LeaseHolder extends HolderIdentity {
  readonly session: string;
  readonly at: string;
}

export interface Lease {
  readonly file: string;
  /** The dead holder whose lease was taken over, if there was one. */
  readonly replaced: LeaseHolder | null;
  /** Gives the lease back, if it is still ours. */
  release(): Promise<void>;
}

export interface LeaseRequest {
  readonly directory: string;
  readonly runId: string;
  readonly session: string;
  readonly atMs: number;
  readonly identity: IdentityPort;
}

/**
 * Takes the one lease of a run. Rejects with a `Failure` (unavailable) while another process that lives holds it.
 * The file appears under its name with its whole content (link), so no reader ever sees half a holder.
 */
export async function takeLease(request: LeaseRequest): Promise<Lease> {
  const { directory, runId, session, identity } = request;
  const file = join(directory, `${runId}.json`);
  const nonce = randomBytes(6).toString('hex');
  const own = join(directory, `.${runId}.${nonce}`);
  const at = new Date(request.atMs).toISOString();
  const { pid, startTicks, bootId } = identity.current();
  const text = `${JSON.stringify({ pid, startTicks, bootId, session, at })}\n`;
  await mkdir(directory, { recursive: true });
  try {
    await writeFile(own, text, { flag: 'wx' });
    const replaced = await claim(file, own, runId, identity);
    return { file, replaced, release: () => releaseOwn(file, text) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('unavailable', `lease ${file} cannot be taken: ${spell(error)}`, { cause: error });
  } finally {
    await rm(own, { force: true });
  }
}

async function claim(
  file: string,
  own: string,
  runId: string,
  identity: IdentityPort,
): Promise<LeaseHolder | null> {
  if (await linked(own, file)) return null;
  // Only one process at a time may judge a holder dead and put itself in its place; a dead judge is swept away.
  const guard = `${file}.taking`;
  if (!(await linked(own, guard))) {
    const judge = await readHolder(guard);
    if (judge !== null && identity.isAlive(judge)) throw held(runId, judge);
    await rm(guard, { force: true });
    if (!(await linked(own, guard))) throw held(runId, await readHolder(guard));
  }
  try {
    const holder = await readHolder(file);
    if (holder !== null && identity.isAlive(holder)) throw held(runId, holder);
    const copy = `${own}.copy`;
    await link(own, copy);
    await rename(copy, file);
    return holder;
  } finally {
    await rm(guard, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder a lease file names, or null when there is none or the file is no lease. */
export async function readHolder(file: string): Promise<LeaseHolder | null> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Json;
    if (!isJsonObject(value)) return null;
    const { pid, startTicks, bootId, session, at } = value;
    if (!Number.isSafeInteger(pid) || typeof startTicks !== 'string') return null;
    if (typeof bootId !== 'string' || typeof session !== 'string' || typeof at !== 'string') return null;
    return { pid: pid as number, startTicks, bootId, session, at };
  } catch {
    return null;
  }
}

async function releaseOwn(file: string, text: string): Promise<void> {
  const standing = await readFile(file, 'utf8').catch(() => null);
  if (standing === text) await unlink(file).catch(() => undefined);
}

function held(runId: string, holder: LeaseHolder | null): Failure {
  const who = holder === null ? 'another process' : `process ${holder.pid} since ${holder.at}`;
  return new Failure('unavailable', `run ${runId} is being written by ${who}`, {
    hint: `Follow it with \`firedrill watch ${runId}\`, wait until ${holder === null ? 'it' : `process ${holder.pid}`} has ended, or end it and go on in its place with \`firedrill resume ${runId} --take-over\`.`,
    retryable: false,
  });
}

function spell(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
