/** Wakes the loop: a ring while it is busy is kept until it listens. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or after `ms` at the latest; `null` names no time. May resolve early: look again. */
  wait(ms: number | null): Promise<void>;
}

/**
 * A timer this long also looks at the wall clock again, which may have been set or may have slept with the machine. One always
 * runs: a run that waits for a person has nothing else that keeps its process alive once its input has ended.
 */
const longestMs = 15_000;

export function makeBell(): Bell {
  let rung = false;
  let listening: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      listening?.();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const lengthMs = Math.min(Math.max(Math.ceil(ms ?? longestMs), 1), longestMs);
        const timer = setTimeout(() => done(), lengthMs);
        const done = () => {
          clearTimeout(timer);
          listening = null;
          rung = false;
          resolve();
        };
        if (rung) done();
        else listening = done;
      }),
  };
}
