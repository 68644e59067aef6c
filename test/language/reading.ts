import { formatDiagnostic, type Diagnostic } from '../../src/base/index.js';
import {
  checkDocument,
  parseDocument,
  type DocumentKind,
  type MessagesDocument,
  type Parsed,
} from '../../src/language/index.js';
import { vocabulary } from './vocabulary.js';

/** Both passes over one document, as `firedrill validate` makes them. */
export function validate(text: string, messages: readonly MessagesDocument[] | null = null): Diagnostic[] {
  const parsed = parseDocument({ path: 'file.yaml', text });
  return [...parsed.diagnostics, ...checkDocument(parsed, vocabulary, messages)];
}

/** `line:column code` of everything that is wrong. */
export function problems(text: string): string[] {
  return places(validate(text));
}

export function places(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

/** The document, or a failure that prints what is wrong with it. */
export function load<K extends DocumentKind>(kind: K, text: string, path = `${kind.toLowerCase()}.yaml`) {
  const parsed = parseDocument({ path, text });
  if (parsed.kind !== kind || parsed.document === null)
    throw new Error(parsed.diagnostics.map(formatDiagnostic).join('\n') || `not a ${kind}`);
  return parsed.document as NonNullable<Parsed<K>['document']>;
}

/** Replaces exactly one place of a text; a test that edits nothing tests nothing. */
export function edit(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`"${from}" stands ${parts.length - 1} times in the text`);
  return parts.join(to);
}

/** Takes the marks `▶` out of a text: what is left, and where they stood, as `line:column`. */
export function takeMarks(text: string): { text: string; marks: string[] } {
  const marks: string[] = [];
  const lines = text.split('\n').map((line, index) => {
    let rest = line;
    for (let at = rest.indexOf('▶'); at >= 0; at = rest.indexOf('▶')) {
      marks.push(`${index + 1}:${at + 1}`);
      rest = rest.slice(0, at) + rest.slice(at + 1);
    }
    return rest;
  });
  return { text: lines.join('\n'), marks };
}
