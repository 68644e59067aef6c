import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkDocument,
  composePlan,
  parseDocument,
  type DocumentKind,
  type Mode,
  type Parsed,
} from '../../src/language/index.js';
import * as examples from './examples.js';
import { vocabulary } from './vocabulary.js';

const texts = Object.values(examples);

/** Whatever is read, the answer is a document or a reason why not, with places that exist. */
function mustAnswer(source: { text?: string; bytes?: Uint8Array }) {
  const parsed = parseDocument({ path: 'any.yaml', ...source });
  const diagnostics = [...parsed.diagnostics, ...checkDocument(parsed, vocabulary, [])];
  if (parsed.document === null) expect(parsed.diagnostics.length).toBeGreaterThan(0);
  for (const one of diagnostics) {
    expect(one.line).toBeGreaterThanOrEqual(1);
    expect(one.column).toBeGreaterThanOrEqual(1);
    expect(one.message).toMatch(/^\P{Cc}+$/u);
    expect(one.message.length).toBeLessThan(500);
    expect(one.code).toMatch(/^[a-z][a-z0-9-]+$/);
  }
  return parsed;
}

test('arbitrary bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void mustAnswer({ bytes })),
    { numRuns: 500 },
  );
});

test('arbitrary text of the characters that YAML cares about', () => {
  const letters = fc.constantFrom(...'abc019 \n\t-:?[]{}#&*!|>\'"%@`,~<\\$.\r'.split(''));
  const text = fc.array(letters, { maxLength: 120 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (one) => void mustAnswer({ text: one })),
    { numRuns: 1000 },
  );
});

const piece = fc.constantFrom(
  '',
  ' ',
  '\n',
  '  ',
  '- ',
  ': ',
  '[',
  ']',
  '{',
  '}',
  '"',
  '&a ',
  '*a',
  '!x ',
  '~',
  '1e999',
  '${',
  '}',
  '${steps.extent.damaged}',
  '__proto__: 1',
  'constructor',
  'uses: a.b',
  'null',
  '\u2028',
  '😀',
);

test('documents with arbitrary damage', () => {
  const damaged = fc
    .tuple(
      fc.constantFrom<string[]>(...texts),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), piece), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([text, cuts]) =>
      cuts.reduce<string>((rest, [where, length, put]) => {
        const at = Math.floor(where * rest.length);
        return `${rest.slice(0, at)}${put}${rest.slice(at + length)}`;
      }, text),
    );
  fc.assert(
    fc.property(damaged, (text) => void mustAnswer({ text })),
    { numRuns: 400 },
  );
});

test('documents whose values are swapped for values of any other kind', () => {
  const value = fc.constantFrom(
    '1',
    'true',
    '~',
    '[]',
    '{}',
    '""',
    '[[]]',
    '{a: {b: c}}',
    '-1',
    '"${x}"',
    'constructor',
    '{toString: 1}',
    '{uses: http.get}',
    '15m',
  );
  const swapped = fc
    .tuple(fc.constantFrom<string[]>(...texts), fc.nat(500), value)
    .map(([text, pick, put]) => {
      const places = [...text.matchAll(/: ([^\n,{}[\]]+)/g)];
      const place = places[pick % places.length]!;
      const at = place.index + 2;
      return text.slice(0, at) + put + text.slice(at + place[1]!.length);
    });
  fc.assert(
    fc.property(swapped, (text) => void mustAnswer({ text })),
    { numRuns: 400 },
  );
});

test('what passes alone composes or says why not', () => {
  const get = <K extends DocumentKind>(kind: K, text: string): Parsed<K>['document'] => {
    const parsed = mustAnswer({ text });
    return parsed.kind === kind ? (parsed.document as Parsed<K>['document']) : null;
  };
  const line = fc.nat(200);
  fc.assert(
    fc.property(
      line,
      line,
      fc.boolean(),
      fc.constantFrom<Mode[]>('drill', 'live'),
      (a, b, unattended, mode) => {
        const drop = (text: string, index: number) => {
          const lines = text.split('\n');
          lines.splice(index % lines.length, 1);
          return lines.join('\n');
        };
        const runbook = get('Runbook', drop(examples.runbookText, a)) ?? get('Runbook', examples.runbookText);
        const drill = get('Drill', drop(examples.drillText, b));
        if (runbook === null) return;
        const composed = composePlan({
          configuration: null,
          runbook,
          drill,
          messages: [],
          checklists: {},
          vocabulary,
          mode,
          unattended,
          versions: { tool: '1', formula: '1', renderer: '1' },
          sources: [],
        });
        expect(composed.plan === null).toBe(composed.diagnostics.some((one) => one.severity === 'error'));
      },
    ),
    { numRuns: 150 },
  );
});
