import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, platform, userInfo } from 'node:os';
import { spawnSync } from 'node:child_process';
import type { ClockState } from '../run/index.js';
import { isAlive, processIdentity, type ProcessIdentity } from '../children/index.js';

/** This engine, as journal and lease name it. */
export function ownIdentity(): ProcessIdentity {
  const identity = processIdentity(process.pid);
  if (identity === null) throw new Error('this process cannot see itself');
  return identity;
}

export const identityPort = { current: ownIdentity, isAlive };

export function newSession(): string {
  return `s-${randomBytes(4).toString('hex')}`;
}

export function hostFacts(): { name: string; platform: string; user: string } {
  return { name: hostname(), platform: platform(), user: userInfo().username };
}

/** Whether anything keeps this machine's clock in step; `null` where nobody can tell. */
export function clockState(): ClockState {
  const asked = spawnSync('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
    encoding: 'utf8',
    timeout: 2000,
  });
  const answer = asked.status === 0 ? asked.stdout.trim() : '';
  if (answer === 'yes' || answer === 'no') return { synchronised: answer === 'yes', source: 'timedatectl' };
  return { synchronised: null, source: readClockSource() };
}

function readClockSource(): string {
  try {
    return readFileSync('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
