import { randomBytes } from 'node:crypto';
import { Failure } from '../../base/index.js';
import { args, defineAction } from '../define.js';
import { immutableCopy } from './outside.js';

/** Below which the objects lie that this step has put. */
const probes = 'privilege/';

export const storeWriterPrivilege = defineAction({
  name: 'store.writer-privilege',
  with: args(),
  outputs: {
    ok: 'true: the keys can put and read, and can neither remove nor hide; otherwise the step fails',
    tried: 'what was tried and what came of it',
  },
  effect: 'idempotent',
  destroys: false,
  describe: () =>
    'Put a small object of its own with the host’s keys, then try to hide and to remove it: both must be refused',
  preview: () => [
    'S3 PutObject privilege/<random>',
    'S3 DeleteObject privilege/<random> (expected: 403)',
    'S3 DeleteObject privilege/<random>?versionId=… (expected: 403)',
  ],
  perform: async (_given, { environment, signal, output }) => {
    const store = immutableCopy(environment).writer.open();
    // An object of its own: what cannot be protected must not be lost in finding that out.
    const key = `${probes}${randomBytes(8).toString('hex')}`;
    const { versionId } = await store.put(key, Buffer.from('may this be removed?\n'), { signal });
    const tried = [
      ['hide it behind a marker', await isRefused(store.delete(key))],
      ['remove its version', versionId !== null && (await isRefused(store.deleteVersion(key, versionId)))],
    ] as const;
    const facts = versionId === null ? null : await store.headVersion(key, versionId);
    const lines = [
      ...tried.map(([what, refused]) => `${what}: ${refused ? 'refused' : 'DONE'}`),
      `locked until: ${facts?.lockedUntil ?? 'not at all'}`,
    ];
    for (const line of lines) output(`${line}\n`);
    if (tried.every(([, refused]) => refused) && facts?.lockedUntil != null)
      return { outputs: { ok: true, tried: lines } };
    throw new Failure('check', `the host’s keys can do more than put: ${lines.join('; ')}`, {
      hint: 'Deny s3:DeleteObject and s3:DeleteObjectVersion to the writer in the bucket’s policy, and set the default lock.',
    });
  },
});

export const storePrivilegeShown = defineAction({
  name: 'store.privilege-shown',
  with: args(),
  outputs: { ok: 'whether an object that this was tried on is there, locked' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the object that the keys were tried on is still there, and locked',
  preview: () => ['S3 HeadObject privilege/<random>'],
  perform: async (_given, { environment }) => {
    const store = immutableCopy(environment).writer.open();
    for await (const { key } of store.list(probes))
      if ((await store.head(key))?.lockedUntil != null) return { outputs: { ok: true } };
    return { outputs: { ok: false } };
  },
});

async function isRefused(attempt: Promise<void>): Promise<boolean> {
  try {
    await attempt;
    return false;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.reason === 'refused' || /may not do that/.test(failure.message)) return true;
    // A store that did not answer has refused nothing.
    throw failure;
  }
}
