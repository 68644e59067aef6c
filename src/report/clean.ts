// What hides or reorders text: bidirectional overrides and isolates, zero-width characters, separators, byte order marks.
const deceivers = /[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
// Noncharacters are valid in a string and forbidden in XML.
const forbidden = /[\ufffe\uffff]/gu;

/** Text that came from elsewhere, for print: halves of surrogate pairs, and what cannot be seen or deceives, becomes U+FFFD; tabs and newlines stay. */
export function clean(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[\p{Cc}]/gu, (one) => (one === '\n' || one === '\t' ? one : '\ufffd'))
    .replace(deceivers, '\ufffd')
    .replace(forbidden, '\ufffd');
}

/** The same in one line. */
export function cleanLine(text: string): string {
  return clean(text).replace(/\s+/gu, ' ').trim();
}
