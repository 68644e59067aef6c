const laughs = [
  'a0: &a0 [lol]',
  ...Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`),
];
const mebibyte = (piece: string) => piece.repeat(Math.floor((1024 * 1024) / piece.length));

/** Small attacks that are refused at once: what it is, the text, and the code of what is said about it. */
export const bombs: [string, string, string][] = [
  ['a billion laughs', laughs.join('\n'), 'no-anchors'],
  ['ten thousand brackets', '['.repeat(10_000), 'too-deep'],
  ['ten thousand braces', '{a: '.repeat(10_000), 'too-deep'],
  ['ten thousand dashes', '- '.repeat(10_000), 'too-deep'],
  ['ten thousand question marks', '? '.repeat(10_000), 'too-deep'],
  ['ten thousand closed brackets', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'too-deep'],
  ['a mebibyte of brackets', mebibyte('['), 'too-deep'],
  ['a mebibyte of closing brackets', mebibyte(']'), 'yaml-syntax'],
  ['a mebibyte of aliases', mebibyte('*a '), 'no-aliases'],
  ['a mebibyte of documents', mebibyte('---\n'), 'several-documents'],
  ['a mebibyte of directives', mebibyte('%a\n'), 'no-directives'],
];

/** Large and broken: what it is, and the text. */
export const floods: [string, string][] = [
  ['keys', Array.from({ length: 90_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ['empty lines', mebibyte('\n')],
  ['comments', mebibyte('#\n')],
  ['quotes', mebibyte('"')],
  ['one word', mebibyte('x')],
  ['items', mebibyte('-\n')],
];
