import { sha256Hex } from '../base/index.js';
import { parseDocument, type ParsedDocument } from '../language/index.js';

const known = new Map<string, ParsedDocument>();

/** A document as it stands in a file. Parsed once for the same bytes: several drills refer to the same file. */
export function parseFile(path: string, bytes: Buffer): ParsedDocument {
  const key = `${sha256Hex(bytes)} ${path}`;
  const parsed = known.get(key) ?? parseDocument({ path, bytes });
  known.set(key, parsed);
  return parsed;
}
