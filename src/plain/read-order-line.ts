import type { Actor, OperatorInput } from '../run/index.js';

/** What is only looked at. */
export const lookWords = ['help', 'now', 'people', 'steps'] as const;

/** What changes nothing of the run. */
export type LookLine =
  | { readonly kind: (typeof lookWords)[number] }
  | { readonly kind: 'who'; readonly role: string }
  | { readonly kind: 'problem'; readonly problem: string };

export type OrderLine = OperatorInput | LookLine;

export function isLook(order: OrderLine): order is LookLine {
  return order.kind === 'who' || order.kind === 'problem' || lookWords.some((one) => one === order.kind);
}

/** Reads what may be typed at any time; null when the line is none of it and so is an answer. */
export function readOrderLine(line: string, by: Actor): OrderLine | null {
  const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/su.exec(line) ?? [];
  const needs = (what: string): OrderLine => ({
    kind: 'problem',
    problem: `${word} needs ${what} on the same line`,
  });
  const look = lookWords.find((one) => one === word);
  if (look !== undefined && rest === '') return { kind: look };
  switch (word) {
    case 'i-am':
      return rest === '' ? needs('a role') : { kind: 'who', role: rest };
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
    case 'undo': {
      const [, step, reason = ''] = /^@(\S+)\s*(.*)$/su.exec(rest) ?? [];
      if (step === undefined || reason === '') return needs('@<step> and a reason');
      return { kind: 'undo', steps: [step], reason, by };
    }
    default:
      return null;
  }
}
