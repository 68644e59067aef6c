import { Exit } from '../exit.js';
import type { CommonOptions } from '../output.js';
import { choosePolicies, type Wanted } from './choose-policy.js';
import { declaredScope } from './declared-scope.js';
import { labScope } from './lab-scope.js';
import { readConfiguration } from './read-configuration.js';
import type { BackupScope } from './scope.js';

/** Opens what is meant, does the work with it and lets go of it, whatever happens. */
export async function withScopes<T>(
  options: CommonOptions,
  wanted: Wanted,
  work: (scopes: readonly BackupScope[]) => Promise<T>,
): Promise<T> {
  const configuration = readConfiguration(options);
  const scopes: BackupScope[] = [];
  try {
    for (const chosen of choosePolicies(configuration, wanted))
      scopes.push(
        chosen.kind === 'lab'
          ? await labScope(chosen, configuration, options)
          : await declaredScope(chosen, configuration, options),
      );
    return await work(scopes);
  } finally {
    for (const scope of scopes) scope.release();
  }
}

/** The same for commands that work on one environment: with one of its policies, the first unless told. */
export async function withScope<T>(
  options: CommonOptions,
  wanted: Wanted,
  work: (scope: BackupScope, others: readonly BackupScope[]) => Promise<T>,
): Promise<T> {
  return withScopes(options, { ...wanted, all: true }, async (scopes) => {
    const environments = [...new Set(scopes.map((one) => one.environment))];
    const [first] = scopes;
    if (first === undefined || environments.length > 1)
      throw new Exit(
        'usage',
        `there are ${environments.length} environments: ${environments.join(', ')}`,
        'Type --environment <name>, or --policy <name>.',
      );
    return work(first, scopes);
  });
}
