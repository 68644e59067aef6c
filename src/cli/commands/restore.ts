import { resolve } from 'node:path';
import { holdStore, safetySuffix } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { findTools } from '../../postgres/index.js';
import { chooseStores } from '../backup/choose-store.js';
import { confirmByName } from '../backup/confirm.js';
import { findSet } from '../backup/find-set.js';
import { withScope } from '../backup/open-scope.js';
import { operate, type OperationOptions } from '../backup/operation.js';
import { performRestore } from '../backup/perform-restore.js';
import { restoreMode, servesMode, type RestoreOptions } from '../backup/restore-mode.js';
import { planLines } from '../backup/restore-plan.js';
import { withScratch } from '../backup/scratch-place.js';
import { remark } from '../output.js';

/**
 * `firedrill restore [set]`: shows what will be done, has it confirmed where something is replaced, does it. What is in service is
 * looked at first: nothing is replaced on a server that is not the one that the configuration means, whoever confirms it.
 */
export async function restore(given: string, own: RestoreOptions, options: OperationOptions): Promise<void> {
  const mode = restoreMode(own, options.directory);
  await operate('restore', options, async (work) =>
    withScope(options, own, async (first, scopes) => {
      const tools = await findTools();
      const stores = chooseStores(scopes, own.fromStore);
      const mine = scopes.map((one) => one.policy);
      const found = await findSet(given, stores, first.trusted(), {
        fits: (set) => mine.includes(set.manifest.source) && servesMode(mode, set),
        // Its log goes on to now; a dump stays where it was taken.
        prefers: (set) => mode.kind === 'cluster' && set.manifest.kind !== 'logical',
        purpose: mode.kind === 'cluster' ? 'fitting' : 'fitting logical',
      });
      const { source } = found.set.manifest;
      const ours = scopes.find((one) => source === one.policy || source === `${one.policy}${safetySuffix}`);
      const scope = ours ?? first;
      if (ours === undefined && (mode.kind === 'replace' || mode.kind === 'tables')) {
        throw new Failure('refused', `backup ${found.set.id} is of ${source}, not of ${mine.join(' or ')}`, {
          hint: 'Nothing was changed. Restore it beside with --as, or into a cluster of its own with --into.',
        });
      }
      for (const line of planLines(found, mode, scope, new Date())) remark(options, line);
      if (mode.kind === 'replace' || mode.kind === 'tables') {
        const { database } = mode;
        await scope.guard(`replace ${database}`);
        const { host, port } = scope.location;
        if (!own.force)
          await confirmByName(database, `${database} on ${host}:${port} is to be replaced`, {
            signal: work.signal,
          });
      }
      const typed = own.identity.map((file) => resolve(options.directory, file));
      const identities = typed.length > 0 ? typed : scope.identities;
      const turn = await holdStore(found.at.store, {
        ...{ work: 'restore', purpose: `restore of ${found.set.id}`, signal: work.signal },
        onWait: (other) =>
          work.view.say(`waiting for store ${found.at.name}: ${other.purpose} on ${other.host}`),
      });
      try {
        const done = await withScratch(scope.location, async ({ stagingDirectory }) =>
          performRestore({ found, scope, tools, identities, stagingDirectory, work }, mode),
        );
        return {
          lines: done.lines,
          data: { set: found.set.id, store: found.at.name, mode: mode.kind, ...done.data },
          log: `${found.set.id}, ${mode.kind}`,
        };
      } finally {
        await turn.release().catch(() => undefined);
      }
    }),
  );
}
