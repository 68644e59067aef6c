import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { JobObservation } from '../../assessment/index.js';
import { isJsonObject } from '../../base/index.js';
import { isAlive } from '../../children/index.js';
import { jobLogOf, type JobLine } from './job-log.js';

const dayMs = 86_400_000;

/** Every job that was observed, oldest first. Lines that are none are passed over; without a log there are none. */
export function readJobs(directory: string, now: Date): JobObservation[] {
  const started = new Map<string, Extract<JobLine, { kind: 'started' }>>();
  const ended = new Map<string, Extract<JobLine, { kind: 'ended' }>>();
  for (const line of linesOf(directory))
    if (line.kind === 'started') started.set(line.id, line);
    else ended.set(line.id, line);
  return [...started.values()].map((start) => {
    const end = ended.get(start.id);
    const { id, job, environment, environmentKind, policies, full, at } = start;
    return {
      ...{ id, job, environment, environmentKind, policies, full, startedAt: at },
      endedAt: end?.at ?? null,
      outcome: end?.outcome ?? (mayRun(start, now) ? 'running' : 'lost'),
      set: end?.set ?? null,
    };
  });
}

/** Elsewhere nobody can look; no job takes longer than a day. */
function mayRun({ host, engine, at }: Extract<JobLine, { kind: 'started' }>, now: Date): boolean {
  return host === hostname() ? isAlive(engine) : now.getTime() - Date.parse(at) < dayMs;
}

function linesOf(directory: string): JobLine[] {
  let text: string;
  try {
    text = readFileSync(jobLogOf(directory), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const value = parse(line);
    return value === null ? [] : [value];
  });
}

function parse(line: string): JobLine | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isJsonObject(value) || value['v'] !== 1 || typeof value['id'] !== 'string') return null;
  if (typeof value['at'] !== 'string' || Number.isNaN(Date.parse(value['at']))) return null;
  const { kind } = value;
  const whole =
    kind === 'ended'
      ? typeof value['outcome'] === 'string'
      : kind === 'started' &&
        typeof value['job'] === 'string' &&
        Array.isArray(value['policies']) &&
        isJsonObject(value['engine']);
  return whole ? (value as unknown as JobLine) : null;
}
