/** PostgreSQL's default block size; a server built with another one is refused by `locateRelation`. */
export const pageBytes = 8192;

const headerBytes = 24;
const lineNormal = 1;

export interface Tuple {
  /** Number of the line pointer, counted from 1: the second half of a ctid. */
  readonly line: number;
  /** Where the user data begin within the page, and how many bytes they are. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** The tuples of a heap page that hold data (src/include/storage/bufpage.h, access/htup_details.h). Empty for a page that holds none. */
export function findTuples(page: Uint8Array): readonly Tuple[] {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const lower = view.getUint16(12, true);
  const upper = view.getUint16(14, true);
  if (page.length !== pageBytes || lower < headerBytes || lower > upper || upper > pageBytes) return [];
  const tuples: Tuple[] = [];
  for (let line = 1, at = headerBytes; at + 4 <= lower; line += 1, at += 4) {
    // A line pointer: 15 bits offset, 2 bits kind, 15 bits length.
    const pointer = view.getUint32(at, true);
    const offset = pointer & 0x7fff;
    const kind = (pointer >>> 15) & 0x3;
    const length = pointer >>> 17;
    if (kind !== lineNormal || offset < upper || offset + length > pageBytes || length < headerBytes)
      continue;
    const toData = view.getUint8(offset + 22);
    if (toData < 23 || toData >= length) continue;
    tuples.push({ line, dataOffset: offset + toData, dataBytes: length - toData });
  }
  return tuples;
}
