import type { PhaseState, StepState } from '../run/index.js';
import type { Tone } from './line.js';

/** The characters of our own chrome: all one cell wide; the second set is for terminals without UTF-8. */
export interface Symbols {
  readonly pending: string;
  readonly running: string;
  readonly waiting: string;
  readonly again: string;
  readonly unknown: string;
  readonly done: string;
  readonly failed: string;
  readonly skipped: string;
  readonly rule: string;
  readonly full: string;
  readonly empty: string;
  readonly column: string;
  readonly pointer: string;
  readonly ellipsis: string;
  readonly drill: string;
  readonly live: string;
  readonly up: string;
  readonly down: string;
}

export const unicodeSymbols: Symbols = {
  pending: '·',
  running: '▸',
  waiting: '?',
  again: '↻',
  unknown: '!',
  done: '✓',
  failed: '✗',
  skipped: '–',
  rule: '─',
  full: '━',
  empty: '─',
  column: '│',
  pointer: '›',
  ellipsis: '…',
  drill: '◇',
  live: '▲',
  up: '↑',
  down: '↓',
};

export const asciiSymbols: Symbols = {
  pending: '.',
  running: '>',
  waiting: '?',
  again: '~',
  unknown: '!',
  done: '+',
  failed: 'x',
  skipped: '-',
  rule: '-',
  full: '=',
  empty: '-',
  column: '|',
  pointer: '>',
  ellipsis: '~',
  drill: 'o',
  live: '!',
  up: '^',
  down: 'v',
};

export interface Sign {
  readonly symbol: string;
  readonly word: string;
  readonly tone: Tone;
}

export function stepSign(step: StepState | undefined, symbols: Symbols): Sign {
  switch (step?.status ?? 'pending') {
    case 'pending':
      return { symbol: symbols.pending, word: 'to do', tone: 'dim' };
    case 'running':
      return { symbol: symbols.running, word: 'running', tone: 'accent' };
    case 'waiting':
      return { symbol: symbols.waiting, word: 'waiting', tone: 'warning' };
    case 'backing-off':
      return { symbol: symbols.again, word: 'retrying', tone: 'warning' };
    case 'unknown-outcome':
      return { symbol: symbols.unknown, word: 'unknown', tone: 'bad' };
    case 'succeeded':
      if (step?.how === 'already-done') return { symbol: symbols.done, word: 'was done', tone: 'good' };
      return { symbol: symbols.done, word: step?.how === 'by-hand' ? 'by hand' : 'done', tone: 'good' };
    case 'failed':
      return { symbol: symbols.failed, word: 'FAILED', tone: 'bad' };
    case 'skipped':
      return { symbol: symbols.skipped, word: 'skipped', tone: 'dim' };
  }
}

export function phaseSign(phase: PhaseState | undefined, symbols: Symbols): Sign {
  switch (phase?.status ?? 'pending') {
    case 'pending':
      return { symbol: symbols.pending, word: 'to do', tone: 'dim' };
    case 'active':
      return { symbol: symbols.running, word: 'now', tone: 'accent' };
    case 'completed':
      return { symbol: symbols.done, word: 'done', tone: 'good' };
    case 'failed':
      return { symbol: symbols.failed, word: 'FAILED', tone: 'bad' };
    case 'cancelled':
      return { symbol: symbols.skipped, word: 'stopped', tone: 'warning' };
  }
}
