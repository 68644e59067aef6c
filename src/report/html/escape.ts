import { clean } from '../clean.js';

/** Text for HTML and SVG, in content and in quoted attributes alike. */
export function escape(text: string): string {
  return clean(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A relative link to a file of the record, or null where the path is none: it came from a journal that nobody vouches for. */
export function recordLink(file: string): string | null {
  const safe = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(file);
  return safe ? file : null;
}
