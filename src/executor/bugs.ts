import { Failure } from '../base/index.js';

/** What was thrown that nobody expected: kept, so that the run can be brought to its end first and the bug reported then. */
export interface Bugs {
  readonly first: () => { readonly error: unknown } | null;
  /** What a rejection means for the record; notes it as a bug when it is no `Failure`. */
  readonly failureOf: (error: unknown, signal?: AbortSignal) => { failure: Failure; bug: boolean };
}

export function makeBugs(): Bugs {
  let first: { readonly error: unknown } | null = null;
  return {
    first: () => first,
    failureOf: (error, signal) => {
      const why: unknown = signal?.aborted === true ? signal.reason : null;
      if (why instanceof Failure && isExpected(error))
        return { failure: abortFailure(why, error), bug: false };
      if (error instanceof Failure) return { failure: error, bug: false };
      first ??= { error };
      const message = error instanceof Error ? error.message : String(error);
      return {
        failure: new Failure('unknown-outcome', `bug in firedrill: ${message}`, {
          hint: 'Look at what the step left behind before anything is done again.',
          retryable: false,
          cause: error,
        }),
        bug: true,
      };
    },
  };
}

/** What an aborted signal makes of work: a `Failure`, or the error of a Node function that heeded the signal. */
function isExpected(error: unknown): error is Error {
  if (error instanceof Failure) return true;
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** The abort is the reason, whatever the work said in its agony (a killed child ends by its exit code); both are told. */
function abortFailure(why: Failure, error: Error): Failure {
  const silent = !(error instanceof Failure) || error.reason === 'cancelled' || error.reason === 'timeout';
  if (silent) return why;
  const { hint, retryable } = why;
  const message = `${why.message} (${error.message})`;
  return new Failure(why.reason, message, {
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause: error,
  });
}
