import { Failure } from '../../base/index.js';
import { chooseStores } from '../backup/choose-store.js';
import { listSets, type Listing } from '../backup/list-sets.js';
import { withScope } from '../backup/open-scope.js';
import { operate, type OperationOptions } from '../backup/operation.js';
import { setLines } from '../backup/render-sets.js';

/** `firedrill backups`: what there is, where, how old, whether it was verified. */
export async function backups(
  own: { readonly environment?: string; readonly policy?: string; readonly store?: string },
  options: OperationOptions,
): Promise<void> {
  await operate('backups', options, async ({ view, signal }) =>
    withScope(options, own, async (scope, scopes) => {
      const stores = chooseStores(scopes, own.store);
      view.report({ stage: `listing ${stores.map((one) => one.name).join(', ')}` });
      const listing = await listSets(stores, scope.trusted(), { source: own.policy, signal });
      return {
        data: plain(listing),
        lines: setLines(listing, new Date(), options.colour, process.stdout.columns),
        isAnswer: true,
        log: `${listing.sets.length} sets`,
        ...(listing.unreachable.length === 0 ? {} : { failure: notAll(listing) }),
      };
    }),
  );
}

/** A list that is silent about a store would be read as “nothing is there”. */
function notAll({ unreachable }: Listing): Failure {
  const names = unreachable.map((one) => one.store).join(', ');
  const [first] = unreachable;
  return new Failure(
    first?.failure.reason ?? 'unavailable',
    `the list is not complete: ${names} could not be read: ${first?.failure.message ?? ''}`,
    {
      ...(first?.failure.hint === undefined ? {} : { hint: first.failure.hint }),
    },
  );
}

function plain({ sets, broken, unreachable }: Listing): unknown {
  return {
    sets,
    broken,
    unreachable: unreachable.map(({ store, failure }) => ({ store, problem: failure.message })),
  };
}
