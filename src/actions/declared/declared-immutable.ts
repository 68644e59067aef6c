import { existsSync, readFileSync } from 'node:fs';
import { Failure, sha256Hex } from '../../base/index.js';
import { acceptsKeys, type S3Store } from '../../store/index.js';
import type { CommandOptions } from '../environment.js';
import type { ImmutableCopy } from '../immutable-copy.js';
import { askYesOrNo } from './ask-yes-or-no.js';
import { openStore } from './open-store.js';
import { runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import type { StateFile } from './state.js';

const revokeMs = 120_000;
const renewMs = 300_000;
const shipMs = 600_000;

/**
 * The copy that `firedrill.yaml` names: read by firedrill. Keys to it are changed by the commands that it names, and tried by firedrill
 * itself: what the store refuses is known only by asking it.
 */
export function declaredImmutable(settings: DeclaredSettings, state: StateFile): ImmutableCopy | null {
  const { immutable } = settings.declared;
  if (immutable === undefined) return null;
  const escrow = immutable.escrow === undefined ? null : settings.path(immutable.escrow);
  const { ship } = immutable;
  return {
    store: immutable.store,
    source: () => s3Store(settings, immutable.store, 'immutable.store'),
    writer: writerOf(settings, state),
    escrow: {
      fetch: () =>
        escrow !== null && existsSync(escrow)
          ? Promise.resolve(escrow)
          : Promise.reject(notHere(settings, escrow)),
      find: () => (escrow !== null && existsSync(escrow) ? escrow : null),
      // Whether another copy exists only people know.
      giveBack: () =>
        Promise.reject(
          byHand(
            settings,
            'remove keys',
            `Remove ${escrow ?? 'it'} by hand when the one in the safe is whole.`,
          ),
        ),
    },
    ship: async (options) => {
      if (ship === undefined)
        throw notDeclared(settings, 'way to bring the log to the immutable store', 'immutable.ship');
      return lastWord(await runOrFail(settings, ship.start, shipMs, options));
    },
    isShipping: async (options) => {
      if (ship === undefined)
        throw notDeclared(settings, 'way to bring the log to the immutable store', 'immutable.ship');
      return askYesOrNo(settings, ship.isRunning, options);
    },
  };
}

function writerOf(settings: DeclaredSettings, state: StateFile): ImmutableCopy['writer'] {
  const declared = () => {
    const writer = settings.declared.immutable?.writer;
    if (writer === undefined)
      throw notDeclared(settings, 'keys of the host to the immutable store', 'immutable.writer');
    return writer;
  };
  const open = () => s3Store(settings, declared().store, 'immutable.writer.store');
  /** Of the file with the keys, so that new ones can be told from those that were taken away. */
  const keys = () => {
    const store = settings.stores[declared().store];
    const file = store?.kind === 's3' ? store.credentials?.file : undefined;
    return file === undefined ? null : sha256Hex(readFileSync(settings.path(file)));
  };
  const noteRevoked = async () => {
    const before = state.read();
    const revokedKeys = keys();
    if (before.revokedKeys === undefined && revokedKeys !== null)
      await state.write({ ...before, revokedKeys });
  };
  return {
    revoke: async (options: CommandOptions = {}) => {
      const { revoke } = declared();
      if (revoke === undefined)
        throw notDeclared(settings, 'way to take the host’s keys away', 'immutable.writer.revoke');
      await noteRevoked();
      await runOrFail(settings, revoke, revokeMs, options);
    },
    isRevoked: async () => {
      const { revokedKeys } = state.read();
      if (revokedKeys !== undefined && keys() !== revokedKeys)
        throw new Failure('unavailable', 'the keys that were taken away are here no more, to be tried', {
          hint: 'New ones have been put in their place; `store.writer-renewed` tries those.',
          retryable: false,
        });
      const refused = !(await acceptsKeys(open()));
      // Taken away by hand they are known from now on.
      if (refused) await noteRevoked();
      return refused;
    },
    renew: async (options: CommandOptions = {}) => {
      const { renew } = declared();
      if (renew === undefined)
        throw notDeclared(settings, 'way to make keys for the host', 'immutable.writer.renew');
      const place = lastWord(await runOrFail(settings, renew, renewMs, options));
      return place ?? open().describe;
    },
    isRenewed: async () => {
      const { revokedKeys } = state.read();
      return revokedKeys !== undefined && keys() !== revokedKeys && (await acceptsKeys(open()));
    },
    open,
  };
}

function s3Store(settings: DeclaredSettings, id: string, key: string): S3Store {
  const document = settings.stores[id];
  if (document?.kind === 's3') return openStore(document, settings.directory) as S3Store;
  throw new Failure('invalid', `store "${id}" of environment ${settings.name} is no S3 store`, {
    hint: `Name one of kind s3, with object lock, under \`${key}\` in firedrill.yaml.`,
  });
}

function lastWord({ printed }: { readonly printed: string }): string | null {
  const line = printed.split('\n').at(-1)?.trim() ?? '';
  return line === '' ? null : line;
}

function notHere(settings: DeclaredSettings, escrow: string | null): Failure {
  const hint =
    escrow === null
      ? 'Name where it is put under `immutable.escrow` in firedrill.yaml.'
      : `Bring it to ${escrow}, mode 0600, then retry.`;
  return byHand(settings, 'find the identity from escrow', hint);
}

function byHand({ name }: DeclaredSettings, what: string, hint: string): Failure {
  return new Failure('unavailable', `firedrill does not ${what} in environment ${name}`, {
    hint,
    retryable: false,
  });
}
