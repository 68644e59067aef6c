import { canonicalJson, formatDuration, type Json } from '../base/index.js';
import type { Measured } from '../assessment/index.js';
import type { Actor } from '../run/index.js';
import { cell, type Cell, type Status } from './blocks.js';

export const notMeasuredText = 'not measured';

export function duration(ms: number | null): string {
  return ms === null ? notMeasuredText : formatDuration(ms);
}

/** `2027-01-17 01:02:03.456 UTC`; a text that is no time stands as it is. */
export function time(iso: string | null): string {
  if (iso === null) return notMeasuredText;
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d+)?)Z$/.exec(iso);
  return match ? `${match[1] ?? ''} ${match[2] ?? ''} UTC` : iso;
}

/** `1,204`: the same everywhere, whatever the locale. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A duration with its provenance and its entries. */
export function durationCell(figure: Measured<number>, status?: Status): Cell {
  if (figure.value === null)
    return cell(`${notMeasuredText}: ${figure.note}`, { status: 'open', evidence: figure.evidence });
  const origin = figure.provenance === 'measured' ? '' : ` (${figure.provenance})`;
  const shown = status ?? (figure.provenance === 'scripted' ? 'scripted' : undefined);
  return cell(`${formatDuration(figure.value)}${origin}`, {
    evidence: figure.evidence,
    ...(shown === undefined ? {} : { status: shown }),
  });
}

export function actorWords(actor: Actor): string {
  switch (actor.kind) {
    case 'engine':
      return 'engine';
    case 'sentinel':
      return 'sentinel';
    case 'scripted':
      return 'scripted operator';
    case 'person':
      return actor.role === undefined ? actor.name : `${actor.name} (${actor.role})`;
  }
}

/** A value in a sentence: text as it is, anything else as JSON, cut after `limit` characters with a note of what is missing. */
export function valueWords(value: Json, limit = 400): string {
  const whole = typeof value === 'string' ? value : canonicalJson(value);
  const letters = Array.from(whole);
  if (letters.length <= limit) return whole;
  return `${letters.slice(0, limit).join('')} … (${letters.length - limit} more characters)`;
}

export function yesNo(value: boolean | null): Cell {
  if (value === null) return cell(notMeasuredText, { status: 'open' });
  return value ? cell('yes', { status: 'good' }) : cell('no', { status: 'bad' });
}
