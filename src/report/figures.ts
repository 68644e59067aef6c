import type { Assessment, RunRecord, Score } from '../assessment/index.js';
import { bindingCaps } from '../assessment/index.js';
import type { Status } from './blocks.js';
import { count, duration } from './words.js';

/** `0 of 1,204 acknowledged commits lost, resolution 250ms`; never a bare zero. */
export function lossWords({ measures: { loss } }: Assessment): string {
  if (loss.acknowledged === null || loss.windowMs.value === null)
    return `not measured: ${loss.windowMs.note}`;
  const lost = `${count(loss.missing.length)} of ${count(loss.acknowledged)} acknowledged commits lost`;
  const window = loss.missing.length > 0 ? `, over ${duration(loss.windowMs.value)}` : '';
  return `${lost}${window}, resolution ${duration(loss.resolutionMs)}`;
}

/** `79 S — CF-10: nobody independent took part (scripted operator)`. */
export function scoreWords(score: Score): string {
  const caps = bindingCaps(score).map((cap) => `${cap.id}: ${cap.reason}`);
  const why = caps.length === 0 ? '' : ` — ${caps.join('; ')}`;
  return score.final === null ? `NOT RATED${why}` : `${score.final} ${score.band}${why}`;
}

export const bandWords: { readonly [band in Score['band']]: string } = {
  P: 'performed without challenges',
  S: 'performed with some challenges',
  M: 'performed with major challenges',
  U: 'unable to be performed',
  'NOT RATED': 'not rated',
};

export function bandStatus(band: Score['band']): Status {
  if (band === 'P') return 'good';
  if (band === 'S') return 'warning';
  return band === 'NOT RATED' ? 'open' : 'bad';
}

export function verdictStatus(verdict: Assessment['outcome']['verdict']): Status {
  return verdict === 'met' ? 'good' : verdict === 'missed' ? 'bad' : 'open';
}

export function recoveryWords(record: RunRecord, { measures }: Assessment): string {
  const { durationMs, spansSessions } = measures.recoveryTime;
  const against = `against an RTO of ${duration(record.plan.objectives.rtoMs)}`;
  if (durationMs.value === null) return `not measured (${durationMs.note}), ${against}`;
  const origin = durationMs.provenance === 'measured' ? '' : ` (${durationMs.provenance})`;
  return `${duration(durationMs.value)}${origin} ${against}${spansSessions ? ', spans an interruption' : ''}`;
}
