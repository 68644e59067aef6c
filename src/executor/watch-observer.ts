import { canonicalJson } from '../base/index.js';
import type { RunContext } from './run-context.js';

const lookEveryMs = 1000;

/** Calls `changed` when the sentinel's figures have changed since the last look; returns how to stop. */
export function watchObserver(observing: RunContext['observing'], changed: () => void): () => void {
  let last = '';
  const timer = setInterval(() => {
    const figures = figuresOf(observing);
    if (figures === null) return;
    const now = canonicalJson(figures);
    if (now !== last) changed();
    last = now;
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** What the sentinel counts now; null without one, and when it cannot say. */
export function figuresOf({
  port,
}: RunContext['observing']): ReturnType<NonNullable<RunContext['observing']['port']>['figures']> | null {
  try {
    return port?.figures() ?? null;
  } catch {
    return null;
  }
}
