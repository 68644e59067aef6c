import { isJsonObject, type Json, type JsonObject } from '../base/index.js';
import { isEventType } from '../run/index.js';

const keys = ['v', 'seq', 'prev', 'at', 'mono', 'session', 'actor', 'type', 'data'];

/** What is wrong with the shape of one line's envelope: empty when nothing is. Chain and order are not its business. */
export function envelopeProblems(line: JsonObject): string[] {
  const problems: string[] = [];
  const wants = (fits: boolean, key: string, wanted: string) => {
    if (!fits) problems.push(`${key} is ${spell(line[key])}, not ${wanted}`);
  };
  wants(line.v === 1, 'v', '1');
  wants(Number.isSafeInteger(line.seq), 'seq', 'a whole number');
  wants(typeof line.prev === 'string' && /^[0-9a-f]{64}$/.test(line.prev), 'prev', '64 hex digits');
  wants(isInstant(line.at), 'at', 'a UTC time with milliseconds');
  wants(typeof line.mono === 'number' && line.mono >= 0, 'mono', 'a number of milliseconds');
  wants(typeof line.session === 'string' && line.session !== '', 'session', 'a name');
  wants(isActor(line.actor), 'actor', 'an actor');
  wants(isEventType(line.type), 'type', 'a known type of entry');
  wants(isJsonObject(line.data), 'data', 'an object');
  const names = Object.keys(line);
  for (const name of names) if (!keys.includes(name)) problems.push(`${name} is not a key of an entry`);
  if (problems.length === 0 && names.join() !== keys.join()) problems.push('its keys are out of order');
  return problems;
}

function isInstant(value: Json | undefined): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value;
}

function isActor(value: Json | undefined): boolean {
  if (!isJsonObject(value)) return false;
  const roleFits = value.role === undefined || typeof value.role === 'string';
  if (value.kind === 'person') return typeof value.name === 'string' && value.name !== '' && roleFits;
  if (value.kind === 'scripted') return roleFits;
  return value.kind === 'engine' || value.kind === 'sentinel';
}

/** The value as it stands in the file, cut short: a hostile line must not flood a screen. */
function spell(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
