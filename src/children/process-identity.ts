import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Names one process for good: process ids are reused, the pair with the start time within one boot is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot (Linux), or the start time as `ps` prints it (elsewhere). */
  readonly startTicks: string;
  readonly bootId: string;
}

/** The identity of a live process; null when there is none. Zombies count as none: they run nothing any more. */
export function processIdentity(pid: number): ProcessIdentity | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const found = process.platform === 'linux' ? readProc(pid) : askPs(pid);
  if (found === null || found.state.startsWith('Z')) return null;
  return { pid, startTicks: found.start, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = processIdentity(identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Whether it is there and stands still, as after SIGSTOP: it answers nobody until SIGCONT. */
export function isFrozen(identity: ProcessIdentity): boolean {
  const found = process.platform === 'linux' ? readProc(identity.pid) : askPs(identity.pid);
  return found !== null && isAlive(identity) && found.state.startsWith('T');
}

interface Seen {
  readonly state: string;
  readonly start: string;
  readonly parent: number;
}

function readProc(pid: number): Seen | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // proc(5): the command name, in brackets, may itself hold brackets and blanks; what follows the last one is regular.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? 'Z', parent: Number(fields[1]), start: fields[19] ?? '' };
}

function askPs(pid: number): Seen | null {
  try {
    const line = execFileSync('/bin/ps', ['-o', 'stat=,ppid=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { LC_ALL: 'C' },
    }).trim();
    const [state = 'Z', parent = '0', ...start] = line.split(/\s+/);
    return { state, parent: Number(parent), start: start.join(' ') };
  } catch {
    return null;
  }
}

/** The parent of a live process; null when the process is gone. */
export function parentOf(pid: number): number | null {
  const found = process.platform === 'linux' ? readProc(pid) : askPs(pid);
  return found === null ? null : found.parent;
}

let knownBootId: string | undefined;

function bootId(): string {
  if (knownBootId !== undefined) return knownBootId;
  try {
    knownBootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    knownBootId = askBootTime();
  }
  return knownBootId;
}

function askBootTime(): string {
  try {
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
