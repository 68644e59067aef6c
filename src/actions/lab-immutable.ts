import {
  borrowFromEscrow,
  borrowedFromEscrow,
  giveBackToEscrow,
  isShipping,
  isWriterRenewed,
  isWriterRevoked,
  ownerStore,
  renewWriter,
  revokeWriter,
  shipOutside,
  startShipper,
  writerStore,
  type Lab,
} from '../lab/index.js';
import type { ImmutableCopy } from './immutable-copy.js';

/** The lab's copy outside; null in a lab that has none. */
export function labImmutable(lab: Lab): ImmutableCopy | null {
  if (lab.state().immutable === undefined) return null;
  return {
    store: 'immutable',
    source: () => ownerStore(lab.state()),
    writer: {
      revoke: ({ signal } = {}) => revokeWriter(lab, signal),
      isRevoked: () => isWriterRevoked(lab),
      renew: async ({ signal } = {}) => (await renewWriter(lab, signal)).describe,
      isRenewed: () => isWriterRenewed(lab),
      open: () => writerStore(lab.paths, lab.state()),
    },
    escrow: {
      fetch: () => Promise.resolve(borrowFromEscrow(lab)),
      find: () => borrowedFromEscrow(lab),
      giveBack: () => {
        giveBackToEscrow(lab);
        return Promise.resolve();
      },
    },
    ship: async ({ signal } = {}) => {
      const { upTo } = await shipOutside(lab.paths, lab.state(), signal);
      await startShipper(lab);
      return upTo;
    },
    isShipping: () => Promise.resolve(isShipping(lab)),
  };
}
