/** Remembers that a signal asked everything to stop, also between two drills, where no run listens. */
export interface Interruption {
  signal(): 'SIGINT' | 'SIGTERM' | null;
  stop(): void;
}

export function noteInterruption(): Interruption {
  let seen: 'SIGINT' | 'SIGTERM' | null = null;
  const note = (signal: NodeJS.Signals) => {
    seen ??= signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
  };
  process.on('SIGINT', note).on('SIGTERM', note);
  return {
    signal: () => seen,
    stop: () => void process.off('SIGINT', note).off('SIGTERM', note),
  };
}
