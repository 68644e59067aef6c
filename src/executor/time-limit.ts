import { Failure, formatDuration } from '../base/index.js';

/** Longest delay a timer of Node can carry; a limit beyond it (24 days) is none. */
const timerLimitMs = 2 ** 31 - 1;

/** A signal that follows `outer` and is also aborted, with reason timeout, after `limitMs`; `release` gives the timer back. */
export function limitTime(
  outer: AbortSignal,
  limitMs: number | null,
): { readonly signal: AbortSignal; readonly release: () => void } {
  if (limitMs === null || limitMs > timerLimitMs) return { signal: outer, release: () => undefined };
  const controller = new AbortController();
  const follow = () => controller.abort(outer.reason);
  if (outer.aborted) follow();
  outer.addEventListener('abort', follow, { once: true });
  const late = new Failure('timeout', `no result within ${formatDuration(limitMs)}`);
  const timer = setTimeout(() => controller.abort(late), limitMs);
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', follow);
    },
  };
}
