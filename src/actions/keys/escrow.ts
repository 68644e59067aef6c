import { requireIdentities } from '../../backup/index.js';
import { args, defineAction } from '../define.js';
import { immutableCopy } from '../immutable/outside.js';

export const keysFromEscrow = defineAction({
  name: 'keys.from-escrow',
  with: args(),
  outputs: {
    ok: 'whether the identity is here, for nobody else to read',
    identity: 'its file on the recovery machine',
  },
  effect: 'idempotent',
  destroys: false,
  describe: () =>
    'Bring the identity that opens the backups from escrow to the recovery machine; never from the host that was attacked',
  preview: () => ['cp <escrow>/identity <recovery>/identity; chmod 600 <recovery>/identity'],
  perform: async (_given, { environment }) => {
    const identity = await immutableCopy(environment).escrow.fetch();
    await requireIdentities([identity]);
    return { outputs: { ok: true, identity } };
  },
});

export const keysAreHere = defineAction({
  name: 'keys.are-here',
  with: args(),
  outputs: { ok: 'whether the identity from escrow is on the recovery machine' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the identity from escrow is on the recovery machine',
  preview: () => ['ls -l <recovery>/identity'],
  perform: (_given, { environment }) =>
    Promise.resolve({ outputs: { ok: immutableCopy(environment).escrow.find() !== null } }),
});

export const keysGiveBack = defineAction({
  name: 'keys.give-back',
  with: args(),
  outputs: { ok: 'whether the identity is gone from the recovery machine' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Remove the identity from the recovery machine; the one in escrow stays',
  preview: () => ['shred -u <recovery>/identity'],
  perform: async (_given, { environment }) => {
    const { escrow } = immutableCopy(environment);
    await escrow.giveBack();
    return { outputs: { ok: escrow.find() === null } };
  },
});

export const keysAreGone = defineAction({
  ...keysAreHere,
  name: 'keys.are-gone',
  outputs: { ok: 'whether the identity from escrow is not on the recovery machine' },
  describe: () => 'See whether the identity from escrow is gone from the recovery machine',
  perform: (_given, { environment }) =>
    Promise.resolve({ outputs: { ok: immutableCopy(environment).escrow.find() === null } }),
});
