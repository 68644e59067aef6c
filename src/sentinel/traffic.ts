import { readFileSync } from 'node:fs';
import { Failure, isJsonObject } from '../base/index.js';
import type { ClusterLocation } from '../postgres/index.js';

/** What the traffic switch says: every client of the service's database reads it on each connect. */
export interface Traffic {
  readonly v: 1;
  readonly changedAt: string;
  /** Where the service's database is; null: nowhere, traffic is cut. */
  readonly location: ClusterLocation | null;
  /** The address whose answer 200 says that the application works; null where there is none. */
  readonly applicationUrl: string | null;
}

/** Rejects with `unavailable` when the file is absent or cannot be read as a traffic switch. */
export function parseTraffic(text: string, file: string): Traffic {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const location = isJsonObject(value) ? value['location'] : undefined;
  const usable =
    location === null ||
    (isJsonObject(location) && typeof location['host'] === 'string' && typeof location['port'] === 'number');
  if (!isJsonObject(value) || value['v'] !== 1 || !usable)
    throw new Failure('unavailable', `traffic switch ${file} cannot be read`);
  return value as unknown as Traffic;
}

export interface TrafficTarget {
  readonly traffic: Traffic;
  /** Aborted as soon as the switch says something else. */
  readonly moved: AbortSignal;
}

export interface TrafficWatch {
  /** Reads the switch again. Throws a `Failure` when it cannot be read. */
  target(): TrafficTarget;
  stop(): void;
}

/** Watches the switch every `everyMs` and says so through `moved`; the file is written by atomic rename, so never half read. */
export function watchTraffic(file: string, everyMs = 250): TrafficWatch {
  let text: string | undefined;
  let moved = new AbortController();
  const look = () => {
    let now: string | undefined;
    try {
      now = readFileSync(file, 'utf8');
    } catch {
      now = undefined;
    }
    if (now === text) return;
    text = now;
    moved.abort();
    moved = new AbortController();
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    target() {
      look();
      if (text === undefined) throw new Failure('unavailable', `traffic switch ${file} is not there`);
      return { traffic: parseTraffic(text, file), moved: moved.signal };
    },
    stop: () => clearInterval(timer),
  };
}
