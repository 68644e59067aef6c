import { copySet, findBackup, holdStore } from '../../backup/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { namedStore } from './named-store.js';

export const storeCopy = defineAction({
  name: 'store.copy',
  with: args(
    {
      backup: { type: 'string', description: 'id of a set in the environment’s own store' },
      to: { type: 'string', description: 'name of the other store' },
    },
    ['backup', 'to'],
  ),
  outputs: {
    files: 'files of the set that are there now',
    bytes: 'bytes that were sent',
    skipped: 'files that were there already, and identical',
    lockedUntil: 'until when the copy is locked (UTC); null: it is not',
  },
  effect: 'idempotent',
  destroys: false,
  describe: (given) => `Copy backup ${shown(given['backup'])} to store ${shown(given['to'])}, manifest last`,
  preview: (given) => [
    `puts every file of ${shown(given['backup'])} into ${shown(given['to'])}, never over another`,
  ],
  perform: async (given, { environment, signal, output }) => {
    const { store: to, lockMs } = namedStore(environment, given['to']);
    const set = await findBackup(environment.store, environment.trusted, text(given['backup']));
    const lockUntil = lockMs === null ? null : new Date(Date.now() + lockMs).toISOString();
    const hold = await holdStore(to, { work: 'copy', purpose: `copy of ${set.id}`, waitMs: 60_000, signal });
    try {
      const done = await copySet({
        ...{ from: environment.store, to, set, signal, output },
        ...(lockUntil === null ? {} : { lockUntil }),
      });
      return {
        outputs: { files: done.files, bytes: done.bytes, skipped: done.skipped, lockedUntil: lockUntil },
      };
    } finally {
      await hold.release();
    }
  },
});
