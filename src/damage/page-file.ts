import { open } from 'node:fs/promises';
import { pageBytes } from './heap-page-layout.js';
import { requireInside } from './require-inside.js';

/** One page of a relation's file of a server that does not run. */
export interface PagePlace {
  readonly path: string;
  /** Counted within the file; relations of less than 1 GB have one file. */
  readonly block: number;
  /** Nothing outside this folder is touched. */
  readonly allowedRoot: string;
}

export async function readPageAt({ path, block }: Pick<PagePlace, 'path' | 'block'>): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(pageBytes), 0, pageBytes, block * pageBytes);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

export async function writePageAt(place: PagePlace, page: Uint8Array): Promise<void> {
  await requireInside(place.path, place.allowedRoot);
  const file = await open(place.path, 'r+');
  try {
    await file.write(page, 0, page.length, place.block * pageBytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}
