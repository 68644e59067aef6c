import { isJsonObject, sha256Hex, type Json, type JsonObject } from '../base/index.js';
import type { LedgerLine } from '../assessment/index.js';
import { firstPrev } from '../journal/index.js';

export interface LedgerReading {
  /** Lines of the right shape, in the order of the file. */
  readonly lines: readonly LedgerLine[];
  /** SHA-256 of every complete line, in order. */
  readonly hashes: readonly string[];
  readonly problems: readonly { readonly line: number; readonly text: string }[];
  /** Bytes of an unfinished last line: what a killed sentinel leaves; no commit is in them. */
  readonly tornBytes: number;
}

/** Reads the sentinel's ledger, which nobody vouches for; never throws. */
export function readLedgerBytes(bytes: Uint8Array): LedgerReading {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: LedgerLine[] = [];
  const hashes: string[] = [];
  const problems: { line: number; text: string }[] = [];
  let prev = firstPrev;
  let start = 0;
  for (let end = content.indexOf(10, start); end !== -1; end = content.indexOf(10, start)) {
    const raw = content.subarray(start, end);
    start = end + 1;
    const line = hashes.length + 1;
    const value = parse(raw);
    const wrong = value === null ? 'is no JSON object' : problemOf(value, line, prev);
    if (wrong !== null) problems.push({ line, text: `ledger line ${line} ${wrong}` });
    if (value !== null && hasShape(value)) lines.push(value as unknown as LedgerLine);
    prev = sha256Hex(raw);
    hashes.push(prev);
  }
  return { lines, hashes, problems, tornBytes: content.length - start };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(raw: Uint8Array): JsonObject | null {
  try {
    const value = JSON.parse(utf8.decode(raw)) as Json;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function problemOf(value: JsonObject, line: number, prev: string): string | null {
  if (!hasShape(value)) return 'has not the shape of a ledger line';
  if (value.seq !== line) return `has seq ${JSON.stringify(value.seq)} where ${line} was due`;
  if (value.prev !== prev) return 'does not follow from the line before it';
  return null;
}

const shapes: ReadonlyMap<unknown, (value: JsonObject) => boolean> = new Map([
  ['opened', (value: JsonObject) => isAmount(value.resolutionMs) && isCount(value.pid)],
  ['commit', (value: JsonObject) => isCount(value.id) && isAmount(value.latencyMs)],
  [
    'state',
    (value: JsonObject) =>
      (value.what === 'write' || value.what === 'read' || value.what === 'application') &&
      (value.state === 'ok' || value.state === 'failing') &&
      typeof value.detail === 'string',
  ],
  ['closed', (value: JsonObject) => typeof value.reason === 'string'],
]);

function hasShape(value: JsonObject): boolean {
  return (
    value.v === 1 &&
    isCount(value.seq) &&
    typeof value.prev === 'string' &&
    typeof value.at === 'string' &&
    !Number.isNaN(Date.parse(value.at)) &&
    (shapes.get(value.kind)?.(value) ?? false)
  );
}

function isCount(value: Json | undefined): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: Json | undefined): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
