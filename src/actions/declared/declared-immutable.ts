import { existsSync } from 'node:fs';
import { Failure } from '../../base/index.js';
import type { S3Store } from '../../store/index.js';
import type { ImmutableCopy } from '../immutable-copy.js';
import { openStore } from './open-store.js';
import type { DeclaredSettings } from './settings.js';

type Needed = Pick<DeclaredSettings, 'name' | 'directory' | 'stores' | 'path'> & {
  readonly declared: Pick<DeclaredSettings['declared'], 'immutable'>;
};

/**
 * The copy that `firedrill.yaml` names: read by firedrill. Keys to it are other people's business, in the store's own console; each step
 * that would change them says so, and is done by hand.
 */
export function declaredImmutable(settings: Needed): ImmutableCopy | null {
  const { immutable } = settings.declared;
  if (immutable === undefined) return null;
  const source = (): S3Store => {
    const document = settings.stores[immutable.store];
    if (document?.kind === 's3') return openStore(document, settings.directory) as S3Store;
    throw new Failure(
      'invalid',
      `store "${immutable.store}" of environment ${settings.name} is no S3 store`,
      {
        hint: 'Name one of kind s3, with object lock, under `immutable.store` in firedrill.yaml.',
      },
    );
  };
  const escrow = immutable.escrow === undefined ? null : settings.path(immutable.escrow);
  const byHand = (what: string, hint: string) =>
    Promise.reject(
      new Failure('unavailable', `firedrill does not ${what} in environment ${settings.name}`, {
        hint,
        retryable: false,
      }),
    );
  const keys = 'Do it in the store’s own console, then choose "Done by hand".';
  return {
    store: immutable.store,
    source,
    writer: {
      revoke: () => byHand('take the host’s keys away', keys),
      isRevoked: () => byHand('know the keys that the host had', keys),
      renew: () => byHand('make keys for the host', keys),
      isRenewed: () => byHand('know the keys that the host has', keys),
      open: () => {
        throw new Failure('unavailable', `the host’s keys are not known in environment ${settings.name}`, {
          hint: 'Try with them on the host: `aws s3api delete-object` has to be refused; then choose "Done by hand".',
          retryable: false,
        });
      },
    },
    escrow: {
      fetch: () =>
        escrow !== null && existsSync(escrow)
          ? Promise.resolve(escrow)
          : byHand(
              'find the identity from escrow',
              escrow === null
                ? 'Name where it is put under `immutable.escrow` in firedrill.yaml.'
                : `Bring it to ${escrow}, mode 0600, then retry.`,
            ),
      find: () => (escrow !== null && existsSync(escrow) ? escrow : null),
      // Whether another copy exists only people know.
      giveBack: () =>
        byHand('remove keys', `Remove ${escrow ?? 'it'} by hand when the one in the safe is whole.`),
    },
    ship: () =>
      byHand(
        'ship the log',
        'Start what ships it (`firedrill backup` with its policy), then choose "Done by hand".',
      ),
    isShipping: () => false,
  };
}
