import { Failure } from '../base/index.js';
import type { Store } from './store.js';

/** Whether a store lets its keys in. Rejects when it does not answer: that refuses nobody. */
export async function acceptsKeys(store: Store): Promise<boolean> {
  try {
    await store.folders('');
    return true;
  } catch (failure) {
    if (failure instanceof Failure && /does not know the access key|may not do that/.test(failure.message))
      return false;
    throw failure;
  }
}
