import { Failure } from '../../base/index.js';
import { judge, type Outcome } from './verification.js';

/** A test that cannot be carried out has failed, unless somebody stopped it. */
export async function attempt(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return judge([failure.message], []);
  }
}
