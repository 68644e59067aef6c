import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../base/index.js';
import type { EvidenceFile } from '../assessment/index.js';
import { hashFile } from './durable-file.js';

/** What a record folder holds besides the folders themselves; paths with `/`, relative to it, sorted by code unit. */
export interface FolderListing {
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
  /** Links, sockets, pipes, devices: nothing of the kind belongs into a record, and none is opened. */
  readonly strange: readonly { readonly file: string; readonly what: string }[];
}

const mostFiles = 100_000;
const deepest = 4;

/** Lists a folder that nobody vouches for: follows no link, opens nothing, gives up beyond 100,000 names. */
export async function listFolder(folder: string): Promise<FolderListing> {
  const files: { file: string; bytes: number }[] = [];
  const strange: { file: string; what: string }[] = [];
  const walk = async (prefix: string, depth: number): Promise<void> => {
    for (const name of (await readdir(join(folder, prefix))).sort()) {
      const file = prefix === '' ? name : `${prefix}/${name}`;
      if (files.length + strange.length >= mostFiles) {
        strange.push({ file, what: `more than ${mostFiles} names` });
        return;
      }
      const status = await lstat(join(folder, file));
      if (status.isFile()) files.push({ file, bytes: status.size });
      else if (status.isDirectory() && depth < deepest) await walk(file, depth + 1);
      else strange.push({ file, what: status.isSymbolicLink() ? 'a symbolic link' : 'no regular file' });
    }
  };
  await walk('', 0);
  const byName = (a: { file: string }, b: { file: string }) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
  return { files: files.sort(byName), strange: strange.sort(byName) };
}

/** Every regular file under `evidence/`, hashed. */
export async function listEvidence(folder: string, listing: FolderListing): Promise<EvidenceFile[]> {
  const evidence: EvidenceFile[] = [];
  for (const { file } of listing.files) {
    if (file.startsWith('evidence/')) evidence.push({ file, ...(await hashFile(join(folder, file))) });
  }
  return evidence;
}

/** The seal's hash of the evidence: SHA-256 over the lines `<sha256>  <file>` with a newline each, sorted by their bytes. */
export function evidenceListSha256(evidence: readonly EvidenceFile[]): string {
  const lines = evidence.map(({ file, sha256 }) => `${sha256}  ${file}\n`).sort();
  return sha256Hex(lines.join(''));
}
