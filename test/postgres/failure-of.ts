import { Failure } from '../../src/base/index.js';

/** The `Failure` that a promise rejects with; anything else is a failed test. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    throw cause;
  }
  throw new Error('it was expected to fail, and did not');
}
