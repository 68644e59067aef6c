import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../base/index.js';
import { cutFile, flipBit, removeFile, type Harm, type HurtFile } from '../../damage/index.js';
import { openLocalStore } from '../../store/index.js';
import { manifestName, parseSignedManifest, type SetFile } from '../set/manifest.js';
import { generateSigningKey, signManifest, signerFrom } from '../set/signing.js';
import { fetchFiles } from '../verify/fetch-files.js';
import type { Control, Described } from './control.js';
import { likeFolder, type ProofGround } from './proof-ground.js';
import { withoutHarm } from './without-harm.js';

/** A fault of the stored files, for test 1: the copy is a store of its own, and is read like one. */
export function storedControl(
  described: Omit<Described, 'test' | 'kinds' | 'lacks'>,
  hurt: (file: HurtFile, ground: ProofGround) => Promise<Harm>,
  which: (files: readonly SetFile[]) => string = largest,
): Control {
  return {
    ...{ ...described, test: 1, lacks: 'the set has no such file' },
    kinds: ['physical', 'logical', 'pgbackrest'],
    attempt: async (ground) => {
      const { request, filesRoot, storeDirectory } = ground;
      const { set, trusted, signal } = request;
      const name = which(set.manifest.files);
      const root = join(filesRoot, described.id);
      await likeFolder(join(storeDirectory, set.id), join(root, set.id), [name]);
      const harm = await hurt({ path: join(root, set.id, name), allowedRoot: filesRoot }, ground);
      const outcome = await fetchFiles({
        ...{ store: openLocalStore(root), set, trusted, into: null },
        ...(signal === undefined ? {} : { signal }),
      });
      return { harm, without: await withoutHarm(ground, 1), with: outcome };
    },
  };
}

export const largest = (files: readonly SetFile[]): string =>
  [...files].sort((a, b) => b.bytes - a.bytes)[0]?.name ?? '';

const theManifest = () => manifestName;

/** One number in the manifest changed, its signature left as it was. */
async function alterManifest({ path }: HurtFile): Promise<Harm> {
  const signed = parseSignedManifest(await readFile(path, 'utf8'));
  if (typeof signed === 'string') return { done: signed, names: [signed] };
  const { manifest, signature } = signed;
  const changed = { ...manifest, server: { ...manifest.server, bytes: manifest.server.bytes + 1 } };
  await writeFile(path, canonicalJson({ manifest: changed, signature }));
  return {
    done: 'one number of the manifest changed, its signature kept',
    names: [`the signature of its manifest by key ${signature.keyId} is wrong`],
  };
}

/** The same manifest, signed well, by somebody whom nobody trusts. */
async function signByStranger({ path }: HurtFile): Promise<Harm> {
  const signed = parseSignedManifest(await readFile(path, 'utf8'));
  if (typeof signed === 'string') return { done: signed, names: [signed] };
  const stranger = signerFrom(generateSigningKey().privateKey);
  await writeFile(path, canonicalJson(await signManifest(signed.manifest, stranger)));
  return { done: `the manifest signed by the new key ${stranger.keyId}`, names: [stranger.keyId] };
}

export const storedControls: readonly Control[] = [
  storedControl({ id: 'flipped-bit', title: 'one bit of a stored file turned over' }, flipBit),
  storedControl({ id: 'truncated-file', title: 'a stored file cut off' }, cutFile),
  storedControl({ id: 'missing-object', title: 'an object missing from the store' }, removeFile),
  storedControl({ id: 'altered-manifest', title: 'the manifest altered' }, alterManifest, theManifest),
  storedControl(
    { id: 'strangers-manifest', title: 'the manifest signed by a stranger' },
    signByStranger,
    theManifest,
  ),
];
