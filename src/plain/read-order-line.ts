import type { Actor, OperatorInput } from '../run/index.js';

export type OrderLine =
  OperatorInput | { readonly kind: 'help' } | { readonly kind: 'problem'; readonly problem: string };

/** Reads what may be typed at any time; null when the line is none of it and so is an answer. */
export function readOrderLine(line: string, by: Actor): OrderLine | null {
  const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/su.exec(line) ?? [];
  const needs = (what: string): OrderLine => ({
    kind: 'problem',
    problem: `${word} needs ${what} on the same line`,
  });
  switch (word) {
    case 'help':
      return { kind: 'help' };
    case 'release':
      return { kind: 'release', by };
    case 'note':
      return rest === '' ? needs('a text') : { kind: 'note', text: rest, by };
    case 'hold':
      return rest === '' ? needs('a reason') : { kind: 'hold', reason: rest, by };
    case 'stop':
      // Where `stop` is itself an option (nothing found), it is typed without a reason.
      return rest === '' ? null : { kind: 'stop', reason: rest, by };
    case 'skip': {
      // `skip <reason>` answers a failure; with a step it is an order of its own.
      const [, step, reason = ''] = /^@(\S+)\s*(.*)$/su.exec(rest) ?? [];
      if (step === undefined) return null;
      return reason === '' ? needs('a reason') : { kind: 'skip', step, reason, by };
    }
    default:
      return null;
  }
}
