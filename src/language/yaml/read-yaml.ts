import type { Diagnostic, Position } from '../../base/index.js';
import { Composer, isMap, isScalar, isSeq, LineCounter, type YAMLError } from 'yaml';
import type { DocumentNode, MapEntry, ScalarNode } from './node.js';
import { controlCharacter, decodeSource, type Source } from './source-text.js';
import { plain, scanTokens, short, type SyntaxProblem } from './tokens.js';

export interface ReadYaml {
  /** Null when the file is empty or is no YAML that documents may use. */
  readonly root: DocumentNode | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Text → positioned tree. Never throws, whatever the file holds; every problem is a diagnostic with its place. */
export function readYaml(source: Source): ReadYaml {
  const decoded = decodeSource(source);
  if ('problem' in decoded) return { root: null, diagnostics: [decoded.problem] };
  const lines = new LineCounter();
  const diagnostics: Diagnostic[] = [];
  const placeAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file: source.path, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const report = ({ offset, ...problem }: SyntaxProblem) => {
    const place = placeAt(offset);
    // A broken line is one mistake, however many things the parser misses on it.
    if (problem.code === 'yaml-syntax' && diagnostics.some((other) => other.line === place.line)) return;
    diagnostics.push({ ...place, severity: 'error', ...problem });
  };
  const { tokens, problems } = scanTokens(decoded.text, lines);
  problems.forEach(report);
  if (problems.length > 0) return { root: null, diagnostics };

  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    strict: true,
    // Compares every key with every other one; `readEntries` does it in one pass.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const [document] = composer.compose(tokens, false, decoded.text.length);
  if (document === undefined || document.contents === null) {
    return { root: null, diagnostics: [emptyFile(source.path)] };
  }
  [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]).forEach((error) => report(syntaxProblem(error)));
  if (diagnostics.length > 0) return { root: null, diagnostics: diagnostics.slice(0, 20) };
  if (isScalar(document.contents) && document.contents.value === null)
    return { root: null, diagnostics: [emptyFile(source.path)] };
  const root = new TreeBuilder(decoded.text, placeAt, report).node(document.contents, 0);
  return { root: diagnostics.length > 0 ? null : root, diagnostics };
}

function emptyFile(file: string): Diagnostic {
  return {
    file,
    line: 1,
    column: 1,
    severity: 'error',
    code: 'empty-file',
    message: 'file holds no document',
    hint: 'Begin with `apiVersion: firedrill/v1` and a `kind`.',
  };
}

function syntaxProblem(error: YAMLError): SyntaxProblem {
  const [offset] = error.pos;
  if (error.code === 'TAB_AS_INDENT') {
    const hint = 'Indent with spaces: YAML does not allow tabs.';
    return { offset, code: 'tab-indent', message: 'indented with a tab', hint };
  }
  if (error.code === 'NON_STRING_KEY') {
    return {
      offset,
      code: 'key-not-text',
      message: 'a key is not plain text',
      hint: 'Keys are single words.',
    };
  }
  return { offset, code: 'yaml-syntax', message: plain(error.message) };
}

class TreeBuilder {
  constructor(
    private readonly text: string,
    private readonly placeAt: (offset: number) => Position,
    private readonly report: (problem: SyntaxProblem) => void,
  ) {}

  node(node: unknown, offset: number): DocumentNode {
    if (isMap(node)) {
      const start = node.range?.[0] ?? offset;
      return { type: 'map', entries: this.entries(node.items, start), position: this.placeAt(start) };
    }
    if (isSeq(node)) {
      const start = node.range?.[0] ?? offset;
      const items = node.items.map((item) => this.node(item, start));
      return { type: 'list', items, position: this.placeAt(start) };
    }
    return this.scalar(node, offset);
  }

  private scalar(node: unknown, offset: number): ScalarNode {
    const value: unknown = isScalar(node) ? node.value : null;
    const range = isScalar(node) ? node.range : null;
    const source = range ? this.text.slice(range[0], range[1]) : '';
    // An empty value (`key:`) has no place of its own: it is reported at its key.
    const start = range && source !== '' ? range[0] : offset;
    const position = this.placeAt(start);
    if (typeof value === 'number' && !isExact(value)) {
      this.report({
        offset: start,
        code: 'bad-number',
        message: `number ${short(source)} cannot be kept exactly`,
        hint: 'Put it in quotes: long identifiers are text.',
      });
    }
    if (typeof value === 'string' && controlCharacter.test(value)) this.report({ offset: start, ...escaped });
    const kept =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { type: 'scalar', value: kept, source, position };
  }

  private entries(items: readonly { key: unknown; value: unknown }[], offset: number): MapEntry[] {
    const seen = new Map<string, Position>();
    const entries: MapEntry[] = [];
    for (const { key: keyNode, value } of items) {
      const start = (isScalar(keyNode) ? keyNode.range?.[0] : undefined) ?? offset;
      const key = isScalar(keyNode) && typeof keyNode.value === 'string' ? keyNode.value : '';
      const keyPosition = this.placeAt(start);
      const first = seen.get(key);
      const problem = first === undefined ? forbiddenKey(key) : duplicateKey(key, first);
      if (problem !== undefined) this.report({ offset: start, ...problem });
      else if (controlCharacter.test(key)) this.report({ offset: start, ...escaped });
      if (first === undefined) {
        seen.set(key, keyPosition);
        entries.push({ key, keyPosition, value: this.node(value, start) });
      }
    }
    return entries;
  }
}

/** Written as an escape in double quotes, where `decodeSource` cannot see it. */
const escaped = {
  code: 'control-character',
  message: 'text holds an escaped control character',
  hint: 'Remove it: a terminal that shows the text may obey it.',
};

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function duplicateKey(key: string, first: Position): Omit<SyntaxProblem, 'offset'> {
  const message = `key "${short(key)}" stands twice in the same mapping`;
  return { code: 'duplicate-key', message, hint: `It stands first in line ${first.line}.` };
}

function forbiddenKey(key: string): Omit<SyntaxProblem, 'offset'> | undefined {
  if (key === '<<') {
    const hint = 'Merge keys are not allowed: write the keys out here.';
    return { code: 'no-merge-keys', message: 'merge key "<<"', hint };
  }
  if (key === '__proto__') {
    return { code: 'forbidden-key', message: 'key "__proto__"', hint: 'Choose another name.' };
  }
  return undefined;
}
