import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cutFile, type Harm } from '../../damage/index.js';
import { lastChunkBoundary } from '../encryption/age-chunks.js';
import { findAge } from '../encryption/age-tool.js';
import { encryptFiles } from '../encryption/encrypt-files.js';
import { newIdentity } from '../encryption/identities.js';
import type { ListedSet } from '../set/backup-set.js';
import { openFiles } from '../verify/open-files.js';
import type { Outcome } from '../verify/verification.js';
import { everyKind, type Control, type Tried } from './control.js';
import { likeFolder, type ProofGround } from './proof-ground.js';

/** An encrypted copy, and what opens it. */
interface Sealed {
  readonly set: ListedSet;
  readonly directory: string;
  readonly identities: readonly string[];
  /** Said of every harm: an unencrypted set is proven on a copy that was encrypted for the purpose. */
  readonly note: string;
}

/** The set's own files, or, where they are not encrypted, a copy for a key that nobody keeps. */
async function sealedCopy(ground: ProofGround, id: string): Promise<Sealed> {
  const { request, storeDirectory, filesRoot } = ground;
  const { set, identities = [], signal } = request;
  const directory = join(filesRoot, id, 'sealed');
  const names = set.manifest.files.map((file) => file.name);
  await likeFolder(join(storeDirectory, set.id), directory, []);
  if (set.manifest.files.some((file) => file.plain !== undefined))
    return { set, directory, identities, note: '' };
  const age = await findAge();
  const path = join(filesRoot, id, 'throw-away.key');
  const { recipient } = await newIdentity({ age, path });
  const files = await encryptFiles({
    ...{ age, directory, recipients: [recipient], files: names.map((name) => ({ name })) },
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    set: { ...set, manifest: { ...set.manifest, files, encryption: [recipient] } },
    ...{ directory, identities: [path] },
    note: ' (the set is not encrypted: shown on a copy encrypted for the purpose)',
  };
}

/** A fault of an encrypted set, for test 2. */
function sealedControl(
  id: string,
  title: string,
  hurt: (sealed: Sealed, ground: ProofGround) => Promise<(Partial<Sealed> & { harm: Harm }) | null>,
): Control {
  return {
    ...{ id, title, test: 2, kinds: everyKind, lacks: 'no file is long enough to be cut between two chunks' },
    attempt: async (ground): Promise<Tried | null> => {
      const { signal } = ground.request;
      const root = join(ground.filesRoot, id);
      await mkdir(root, { recursive: true });
      const sealed = await sealedCopy(ground, id);
      const open = async ({ set, directory, identities }: Sealed, into: string): Promise<Outcome> => {
        const request = { set, directory, into: join(root, into), identities };
        const { outcome } = await openFiles({ ...request, ...(signal === undefined ? {} : { signal }) });
        await rm(join(root, into), { recursive: true, force: true });
        return outcome;
      };
      const without = await open(sealed, 'unhurt');
      const hurtBy = await hurt(sealed, ground);
      if (hurtBy === null) return null;
      const { harm, ...changed } = hurtBy;
      const outcome = await open({ ...sealed, ...changed }, 'opened');
      return { harm: { ...harm, done: `${harm.done}${sealed.note}` }, without, with: outcome };
    },
  };
}

export const sealedControls: readonly Control[] = [
  sealedControl('wrong-key', 'the wrong key', async (_, { filesRoot }) => {
    const path = join(filesRoot, 'wrong-key', 'stranger.key');
    const { recipient } = await newIdentity({ age: await findAge(), path });
    const harm = {
      done: `opened with the new key ${recipient}`,
      names: ['none of the identity files given'],
    };
    return { harm, identities: [path] };
  }),
  sealedControl(
    'cut-at-chunk',
    'a file cut where one chunk ends and the next begins',
    async ({ directory, set }, ground) => {
      for (const { name } of [...set.manifest.files].sort((a, b) => b.bytes - a.bytes)) {
        const boundary = await lastChunkBoundary(join(directory, name));
        if (boundary === null) continue;
        const own = join(ground.filesRoot, 'cut-at-chunk', 'cut');
        await likeFolder(directory, own, [name]);
        const harm = await cutFile({
          path: join(own, name),
          ...{ allowedRoot: ground.filesRoot, bytes: boundary },
        });
        return { harm: { ...harm, names: [name, 'cannot be decrypted'] }, directory: own };
      }
      return null;
    },
  ),
];
