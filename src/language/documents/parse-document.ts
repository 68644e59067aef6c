import type { Diagnostic, JsonObject } from '../../base/index.js';
import { invalid, Report, type Definitions, type Shape, type ShapeValue } from '../shape/shape.js';
import { quote, show, suggest } from '../shape/words.js';
import { entryOf, type DocumentNode, type MapNode } from '../yaml/node.js';
import { readYaml } from '../yaml/read-yaml.js';
import type { Source } from '../yaml/source-text.js';
import { checklist } from './checklist.js';
import { configuration } from './configuration.js';
import { drill } from './drill.js';
import { apiVersion, documentKinds, type DocumentKind } from './header.js';
import { messages } from './messages.js';
import { rubric } from './rubric.js';
import { runbook } from './runbook.js';

const shapes = {
  Runbook: runbook,
  Drill: drill,
  Rubric: rubric,
  Configuration: configuration,
  Checklist: checklist,
  Messages: messages,
} satisfies { [K in DocumentKind]: Shape<unknown> };

type Documents = { [K in DocumentKind]: ShapeValue<(typeof shapes)[K]> };

/** A document of one kind. `document` is null when anything is wrong; `readable` is what could be read nevertheless. */
export interface Parsed<K extends DocumentKind> {
  readonly kind: K;
  readonly path: string;
  readonly document: Documents[K] | null;
  readonly readable: Documents[K] | null;
  readonly diagnostics: readonly Diagnostic[];
}
export interface Unrecognised {
  readonly kind: null;
  readonly path: string;
  readonly document: null;
  readonly readable: null;
  readonly diagnostics: readonly Diagnostic[];
}
export type ParsedDocument = { [K in DocumentKind]: Parsed<K> }[DocumentKind] | Unrecognised;

/**
 * Text or bytes of a file → a typed document of the kind it says it is, or everything that is wrong with its shape, each
 * with its place. Never throws. Names, actions and arguments are a second pass: `checkDocument`.
 */
export function parseDocument(source: Source): ParsedDocument {
  const { root, diagnostics } = readYaml(source);
  if (root === null) return unrecognised(source.path, diagnostics);
  const report = new Report();
  const kind = recognise(root, report);
  if (kind === null || root.type !== 'map') return unrecognised(source.path, report.diagnostics);
  return readAs(kind, root, source.path, report);
}

function readAs(kind: DocumentKind, root: MapNode, path: string, report: Report): ParsedDocument {
  const shape: Shape<unknown> = shapes[kind];
  const value = shape.read(root, report);
  const readable = value === invalid ? null : value;
  const document = report.count === 0 ? readable : null;
  return { kind, path, document, readable, diagnostics: report.diagnostics } as ParsedDocument;
}

function unrecognised(path: string, diagnostics: readonly Diagnostic[]): Unrecognised {
  return { kind: null, path, document: null, readable: null, diagnostics };
}

function recognise(root: DocumentNode, report: Report): DocumentKind | null {
  if (root.type !== 'map') {
    const hint = `Begin with \`apiVersion: ${apiVersion}\` and a \`kind\`.`;
    report.error(root.position, 'not-a-mapping', `document is ${show(root)}, not a mapping`, hint);
    return null;
  }
  const version = entryOf(root, 'apiVersion');
  const kind = entryOf(root, 'kind');
  if (version === undefined) {
    report.error(
      root.position,
      'missing-version',
      'document without "apiVersion"',
      `Add \`apiVersion: ${apiVersion}\`.`,
    );
  } else if (version.value.type !== 'scalar' || version.value.value !== apiVersion) {
    const hint = `This firedrill reads \`${apiVersion}\`.`;
    report.error(
      version.value.position,
      'unknown-version',
      `unknown apiVersion ${show(version.value)}`,
      hint,
    );
  }
  const known = documentKinds.find((one) => kind?.value.type === 'scalar' && kind.value.value === one);
  if (kind === undefined) {
    report.error(
      root.position,
      'missing-kind',
      'document without "kind"',
      `Kinds: ${documentKinds.join(', ')}.`,
    );
  } else if (known === undefined) {
    const word = kind.value.type === 'scalar' ? String(kind.value.value) : '';
    const hint = suggest(word, documentKinds, 'Kinds');
    report.error(
      kind.value.position,
      'unknown-kind',
      `unknown kind ${word === '' ? show(kind.value) : quote(word)}`,
      hint,
    );
  }
  return report.count === 0 ? (known ?? null) : null;
}

/** The JSON Schema (draft 2020-12) of a kind, for editors; it is made of the very shapes that documents are read with. */
export function schemaFor(kind: DocumentKind): JsonObject {
  const definitions: Definitions = new Map();
  const schema = shapes[kind].schema(definitions);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://firedrill.invalid/schema/v1/${kind.toLowerCase()}.json`,
    title: kind,
    ...schema,
    ...(definitions.size === 0 ? {} : { $defs: Object.fromEntries(definitions) }),
  };
}
