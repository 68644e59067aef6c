import { holdsPlaceholder, isPlaceholder } from './placeholders.js';

/** A text that nobody filled in, and where it stands in its document, as `phases.0.steps.1.why`. */
export interface FoundPlaceholder {
  readonly place: string;
  readonly text: string;
}

/** A name or a way to reach somebody, which one word can spoil. */
const reaching = new Set(['name', 'contact']);

/** Keys under which people write for people; elsewhere such a word may be a value like any other. */
const written = new Set([
  'title',
  'summary',
  'why',
  'ifFails',
  'because',
  'sign',
  'instruct',
  'text',
  'prompt',
  'subject',
  'body',
  'name',
  'contact',
]);

/** Everything in a document that people are to read and that was never filled in. */
export function findPlaceholders(document: object): FoundPlaceholder[] {
  return within(document, '');
}

function within(value: unknown, place: string): FoundPlaceholder[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
    const at = place === '' ? key : `${place}.${key}`;
    if (typeof member !== 'string') return within(member, at);
    if (!written.has(key)) return [];
    return (reaching.has(key) ? isPlaceholder(member) : holdsPlaceholder(member))
      ? [{ place: at, text: member.trim().slice(0, 80) }]
      : [];
  });
}
