import { resolve } from 'node:path';
import { holdStore, requireIdentities, safetySuffix } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { findTools } from '../../postgres/index.js';
import { chooseStores } from '../backup/choose-store.js';
import { confirmByName } from '../backup/confirm.js';
import { findSet } from '../backup/find-set.js';
import { operate, type OperationOptions } from '../backup/operation.js';
import { performRestore } from '../backup/perform-restore.js';
import { databaseHint } from '../backup/database-hint.js';
import { restoreMode, servesMode, type RestoreMode, type RestoreOptions } from '../backup/restore-mode.js';
import { planLines } from '../backup/restore-plan.js';
import type { BackupScope } from '../backup/scope.js';
import { withScratch } from '../backup/scratch-place.js';
import { withObservedScope } from '../jobs/observed-scope.js';
import { remark } from '../output.js';
import { asksForKept, restoreKept } from './restore-kept.js';

/**
 * `firedrill restore [set]`: shows what will be done, has it confirmed where something is replaced, does it. What is in service is
 * looked at first: nothing is replaced on a server that is not the one that the configuration means, whoever confirms it.
 */
export async function restore(given: string, own: RestoreOptions, options: OperationOptions): Promise<void> {
  if (asksForKept(own)) return restoreKept(given, own, options);
  const mode = restoreMode(own, options.directory);
  await operate('restore', options, async (work) =>
    withObservedScope({ job: 'restore' }, options, own, async (first, scopes) => {
      const tools = await findTools();
      const stores = chooseStores(scopes, own.fromStore);
      const mine = scopes.map((one) => one.policy);
      const goesOn = mode.kind === 'cluster' || mode.kind === 'tables' || mode.kind === 'in-place';
      const found = await findSet(given, stores, first.trusted(), {
        fits: (set) => mine.includes(set.manifest.source) && servesMode(mode, set),
        // Its log goes on to now; a dump stays where it was taken.
        prefers: (set) => goesOn && set.manifest.kind !== 'logical',
        purpose: mode.kind === 'in-place' ? 'fitting physical' : goesOn ? 'fitting' : 'fitting logical',
        without: (sets) => databaseHint(mode, sets),
        signal: work.signal,
      });
      // Before anybody confirms: what is chosen may not be the newest there is.
      for (const line of found.doubts) remark(options, `warning: ${line}`);
      const { source } = found.set.manifest;
      const ours = scopes.find((one) => source === one.policy || source === `${one.policy}${safetySuffix}`);
      const scope = ours ?? first;
      const changes = mode.kind !== 'cluster' && mode.kind !== 'beside';
      if (ours === undefined && changes) {
        throw new Failure('refused', `backup ${found.set.id} is of ${source}, not of ${mine.join(' or ')}`, {
          hint: 'Nothing was changed. Restore it beside with --as, or into a cluster of its own with --into.',
        });
      }
      const typed = own.identity.map((file) => resolve(options.directory, file));
      // Nobody confirms a restore that cannot begin.
      await requireIdentities(typed);
      const identities = typed.length > 0 ? typed : scope.identities;
      for (const line of planLines(found, mode, scope, new Date())) remark(options, line);
      if (changes) {
        const { what, done, name } = changeOf(mode, scope);
        await scope.guard(what, { mayBeDown: mode.kind === 'in-place' });
        if (!own.force) await confirmByName(name, done, { signal: work.signal });
      }
      const turn = await holdStore(found.at.store, {
        ...{ work: 'restore', purpose: `restore of ${found.set.id}`, signal: work.signal },
        onWait: (other) =>
          work.view.say(`waiting for store ${found.at.name}: ${other.purpose} on ${other.host}`),
      });
      try {
        const done = await withScratch(scope.location, async ({ cluster, stagingDirectory }) =>
          performRestore({ found, scope, tools, identities, scratch: cluster, stagingDirectory, work }, mode),
        );
        return {
          lines: done.lines,
          data: { set: found.set.id, store: found.at.name, mode: mode.kind, ...done.data },
          log: `${found.set.id}, ${mode.kind}`,
          set: found.set.id,
        };
      } finally {
        await turn.release().catch(() => undefined);
      }
    }),
  );
}

/** What is done to what is in service, for the guard and for whoever confirms it. */
function changeOf(
  mode: Exclude<RestoreMode, { kind: 'cluster' | 'beside' }>,
  { location }: BackupScope,
): { readonly what: string; readonly done: string; readonly name: string } {
  const { host, port } = location;
  const name = mode.kind === 'in-place' ? location.database : (mode.database ?? location.database);
  switch (mode.kind) {
    case 'replace':
      return { what: `replace ${name}`, done: `${name} on ${host}:${port} is to be replaced`, name };
    case 'tables': {
      const tables = mode.tables.join(', ');
      const what = `bring ${tables} back`;
      return { what, done: `${tables} in ${name} on ${host}:${port} is to be changed`, name };
    }
    case 'in-place': {
      const what = `replace the cluster of ${name}`;
      return { what, done: `the whole cluster of ${name} on ${host}:${port} is to be replaced`, name };
    }
  }
}
