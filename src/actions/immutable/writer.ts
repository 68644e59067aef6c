import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';
import { immutableCopy } from './outside.js';

export const storeRevokeWriter = defineAction({
  name: 'store.revoke-writer',
  with: args(),
  outputs: { ok: 'whether the store refuses the host’s keys now' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Take away the keys with which the database’s host puts backups into the immutable store',
  preview: (_given, environment) => [
    commandOr(
      environment,
      'immutable.writer.revoke',
      'radosgw-admin key rm --uid=<writer> --access-key=<each of its keys>',
    ),
  ],
  perform: async (_given, { environment, signal, output }) => {
    const { writer } = immutableCopy(environment);
    await writer.revoke({ signal, output });
    return { outputs: { ok: await writer.isRevoked() } };
  },
});

export const storeWriterRevoked = defineAction({
  name: 'store.writer-revoked',
  with: args(),
  outputs: { ok: 'whether the store refuses the keys that the host had' },
  effect: 'read',
  destroys: false,
  describe: () => 'Try the host’s former keys on the immutable store: it has to refuse them',
  preview: () => ['S3 ListObjects with the former keys'],
  perform: async (_given, { environment }) => ({
    outputs: { ok: await immutableCopy(environment).writer.isRevoked() },
  }),
});

export const storeRenewWriter = defineAction({
  name: 'store.renew-writer',
  with: args(),
  outputs: { ok: 'whether the store takes the new keys', place: 'where copies are put from now on' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Give the clean host new keys to the immutable store, and a new prefix to write below',
  preview: (_given, environment) => [
    commandOr(
      environment,
      'immutable.writer.renew',
      'radosgw-admin key create --uid=<writer> --gen-access-key --gen-secret',
    ),
  ],
  perform: async (_given, { environment, signal, output }) => {
    const { writer } = immutableCopy(environment);
    const place = await writer.renew({ signal, output });
    output(`copies go to ${place} from now on\n`);
    return { outputs: { ok: await writer.isRenewed(), place } };
  },
});

export const storeWriterRenewed = defineAction({
  name: 'store.writer-renewed',
  with: args(),
  outputs: { ok: 'whether the store takes the host’s keys, at another place than before' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the immutable store takes the host’s new keys',
  preview: () => ['S3 ListObjects with the new keys'],
  perform: async (_given, { environment }) => ({
    outputs: { ok: await immutableCopy(environment).writer.isRenewed() },
  }),
});
