import { didYouMean } from '../../base/index.js';
import type { DocumentNode } from '../yaml/node.js';
import { short } from '../yaml/tokens.js';

/** "Did you mean …?" when one is near enough, else the list of what is allowed. */
export function suggest(word: string, allowed: readonly string[], what = 'Allowed'): string | undefined {
  if (allowed.length === 0) return undefined;
  const near = nearest(word, allowed);
  if (near !== undefined) return `Did you mean "${near}"?`;
  const shown = allowed.slice(0, 24).join(', ');
  return `${what}: ${shown}${allowed.length > 24 ? ', …' : ''}.`;
}

/** The allowed word that was most likely meant; of something as long as a sentence none was. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  return word.length <= 64 ? didYouMean(word, allowed) : undefined;
}

/** A value in a message: short, on one line, text in quotes. */
export function show(node: DocumentNode): string {
  if (node.type === 'list') return 'a list';
  if (node.type === 'map') return 'a mapping';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return quote(node.value);
  return `the ${typeof node.value === 'number' ? 'number' : 'truth value'} ${short(node.source || String(node.value), 40)}`;
}

export function quote(text: string): string {
  return `"${short(text)}"`;
}

export function listed(words: readonly string[], joint = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1) ?? ''}`;
}
