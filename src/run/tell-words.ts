import { formatDuration, type FailureData, type Json } from '../base/index.js';
import type { Actor, CheckPurpose, CheckRecord } from './facts.js';
import type { Instant } from './state.js';

/** Who did it, as a person would say it; the engine itself is not mentioned. */
export function spokenActor(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.name;
    case 'scripted':
      return 'scripted answer';
    case 'sentinel':
      return 'sentinel';
    case 'engine':
      return 'engine';
  }
}

export function spokenFailure(failure: FailureData): string {
  return `${failure.message} [${failure.reason}]`;
}

export function spokenValue(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `pass`, or what was expected and what was found, or why it did not run. */
export function spokenCheck(check: CheckRecord): string {
  if (check.verdict === 'pass') return 'pass';
  if (check.verdict === 'not-run') return `not run${check.reason === undefined ? '' : `: ${check.reason}`}`;
  const wrong = check.results.filter((result) => !result.met);
  const what = wrong.map(
    (one) => `${one.name} is ${spokenValue(one.actual)}, expected ${spokenExpected(one)}`,
  );
  return `fail${what.length > 0 ? `: ${what.join('; ')}` : check.reason === undefined ? '' : `: ${check.reason}`}`;
}

const purposeWords: { readonly [purpose in CheckPurpose]: string } = {
  before: 'done already?',
  after: 'did it work?',
  claim: 'is it as said?',
  resume: 'what is true after the crash?',
  wait: 'is it so yet?',
};

/** What a check was asked for, and its answer: one that merely says "not yet" is no failure and must not read like one. */
export function spokenPurposeCheck(purpose: CheckPurpose, check: CheckRecord): string {
  const notYet = check.verdict === 'fail' && (purpose === 'before' || purpose === 'wait');
  const plain = check.results.length > 0 && check.results.every((one) => one.met || one.name === 'ok');
  const spoken = spokenCheck(check);
  return `${purposeWords[purpose]} ${!notYet ? spoken : plain ? 'no' : spoken.replace(/^fail/u, 'no')}`;
}

function spokenExpected(result: CheckRecord['results'][number]): string {
  return Object.entries(result.expected)
    .map(
      ([how, value]) =>
        `${how.replace(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`)} ${spokenValue(value as Json)}`,
    )
    .join(' and ');
}

/** From one instant to an entry: by the monotonic clock within a session, else by the wall clock; null when it would be negative. */
export function durationSince(
  start: Instant | null | undefined,
  end: { readonly at: string; readonly mono: number; readonly session: string; readonly seq: number },
): number | null {
  if (!start || start.seq > end.seq) return null;
  const ms =
    start.session === end.session ? end.mono - start.mono : Date.parse(end.at) - Date.parse(start.at);
  return ms >= 0 ? ms : null;
}

/** ` in 4.2s`, or nothing when it is not known. */
export function spokenDuration(ms: number | null): string {
  return ms === null ? '' : ` in ${formatDuration(ms)}`;
}

/** `12:03:04Z` of an ISO time: all times a view shows are UTC. */
export function spokenTime(iso: string): string {
  return `${iso.slice(11, 19)}Z`;
}
