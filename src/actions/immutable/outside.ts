import { Failure } from '../../base/index.js';
import { openOriginals, type Store } from '../../store/index.js';
import type { Environment } from '../environment.js';
import type { ImmutableCopy } from '../immutable-copy.js';

/** Rejects with `unavailable` where the environment has no copy that nobody can remove. */
export function immutableCopy({ immutable, name }: Environment): ImmutableCopy {
  if (immutable !== null) return immutable;
  throw new Failure('unavailable', `environment ${name} has no immutable copy that firedrill can use`, {
    hint: 'Do this step by hand with the owner’s account of the store, then choose "Done by hand".',
    retryable: false,
  });
}

/** What was put there first, before a moment by this machine's clock; without one everything. */
export async function originalsOf(environment: Environment, before: unknown): Promise<Store> {
  const source = immutableCopy(environment).source();
  const { clockSkewMs } = await source.probe();
  const moment = typeof before === 'string' ? Date.parse(before) : Date.now() + 1000;
  if (Number.isNaN(moment)) throw new Failure('invalid', `${String(before)} is no time`);
  // The store has dated its versions by its own clock.
  return openOriginals(source, new Date(moment + clockSkewMs).toISOString());
}
