import { Failure } from '../base/index.js';
import { findTuples, pageBytes } from './heap-page-layout.js';
import { readPageAt, writePageAt, type PagePlace } from './page-file.js';
import { sealPage } from './page-checksum.js';

/**
 * Changes the lowest bit of the first value of one row, and makes the page's checksum right again: nothing that looks at pages can
 * notice. That column must be a number or a time that is never null. For a server that does not run.
 */
export async function changeValue(place: PagePlace & { readonly line: number }): Promise<void> {
  const page = await readPageAt(place);
  const tuple =
    page.length === pageBytes ? findTuples(page).find(({ line }) => line === place.line) : undefined;
  if (tuple === undefined)
    throw new Failure('invalid', `page ${place.block} of ${place.path} holds no row ${place.line}`);
  page.writeUInt8(page.readUInt8(tuple.dataOffset) ^ 1, tuple.dataOffset);
  sealPage(page, place.block);
  await writePageAt(place, page);
}

/** In a B-tree page's last 16 bytes (src/include/access/nbtree.h, BTPageOpaqueData). */
const flagsAt = pageBytes - 4;
const leaf = 1;
/** Deleted, meta page, half dead. */
const unusable = 4 | 8 | 16;
const headerBytes = 24;

/**
 * Swaps two entries of a leaf page of a B-tree and makes its checksum right again: searches now go astray, silently. Gives the block.
 * For a server that does not run.
 */
export async function swapIndexEntries(
  place: Omit<PagePlace, 'block'> & { readonly pages: number },
): Promise<number> {
  // Block 0 describes the tree.
  for (let block = 1; block < place.pages; block += 1) {
    const page = await readPageAt({ path: place.path, block });
    if (page.length !== pageBytes) break;
    const flags = page.readUInt16LE(flagsAt);
    const entries = (page.readUInt16LE(12) - headerBytes) / 4;
    if ((flags & leaf) === 0 || (flags & unusable) !== 0 || entries < 3) continue;
    const [last, before] = [headerBytes + 4 * (entries - 1), headerBytes + 4 * (entries - 2)];
    const pointer = page.readUInt32LE(last);
    page.writeUInt32LE(page.readUInt32LE(before), last);
    page.writeUInt32LE(pointer, before);
    sealPage(page, block);
    await writePageAt({ ...place, block }, page);
    return block;
  }
  throw new Failure('invalid', `${place.path} has no leaf page with three entries`);
}
