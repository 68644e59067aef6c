import { pageBytes } from './heap-page-layout.js';

/** PostgreSQL's page checksum: 32 sums beside each other, FNV-1a with a shift (src/include/storage/checksum_impl.h). */
const prime = 16_777_619;
const offsets = new Uint32Array([
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c, 0xf8d4474f,
  0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb, 0xe58f764b, 0x187636bc,
  0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4, 0x783125bb, 0x6ca8eaa2, 0xe407eac6,
  0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
]);
const checksumAt = 8;

/** What the page should say of itself at this place of its relation (counted over all segment files). */
export function pageChecksum(page: Uint8Array, block: number): number {
  const bytes = Buffer.from(page);
  bytes.writeUInt16LE(0, checksumAt);
  const sums = Uint32Array.from(offsets);
  const mix = (lane: number, value: number) => {
    const mixed = ((sums[lane] ?? 0) ^ value) >>> 0;
    sums[lane] = Math.imul(mixed, prime) ^ (mixed >>> 17);
  };
  for (let at = 0; at < pageBytes; at += 4) mix((at / 4) % sums.length, bytes.readUInt32LE(at));
  for (let round = 0; round < 2; round += 1) for (let lane = 0; lane < sums.length; lane += 1) mix(lane, 0);
  const folded = sums.reduce((all, one) => (all ^ one) >>> 0, 0);
  return (((folded ^ block) >>> 0) % 65_535) + 1;
}

export const writtenChecksum = (page: Uint8Array): number =>
  new DataView(page.buffer, page.byteOffset, page.byteLength).getUint16(checksumAt, true);

/** Makes the page say that it is right. */
export function sealPage(page: Buffer, block: number): void {
  page.writeUInt16LE(pageChecksum(page, block), checksumAt);
}
