import type { Readable } from 'node:stream';

/**
 * A child would wait for ever for the end of a stream that broke: the signal ends it, as the caller's own does, and `cause` tells
 * of the stream.
 */
export function stopWhenBroken(
  from: Readable,
  signal: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly cause: () => Error | undefined } {
  const stop = new AbortController();
  const broken: { cause?: Error } = {};
  from.once('error', (cause: Error) => {
    broken.cause = cause;
    stop.abort();
  });
  return {
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    cause: () => broken.cause,
  };
}
