import type { Entry } from '../run/index.js';

export interface Change {
  readonly entry: Entry | null;
}

/** Who listens to a run. Whatever a listener does, it cannot hurt the run. */
export interface Audience {
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  readonly tell: (change: Change) => void;
}

export function makeAudience(): Audience {
  const listeners = new Set<{ readonly hear: (change: Change) => unknown }>();
  return {
    subscribe: (listener) => {
      const one = { hear: listener };
      listeners.add(one);
      return () => void listeners.delete(one);
    },
    tell: (change) => {
      for (const one of [...listeners]) {
        try {
          // An async function passes for a listener too: its rejection would otherwise end the process.
          const heard = one.hear(change);
          if (heard instanceof Promise) heard.catch(() => undefined);
        } catch {
          // A view that breaks is the view's trouble.
        }
      }
    },
  };
}
