import { Failure } from '../base/index.js';
import { commandKey, type Command } from '../run/index.js';

/** A command that is an effect: all but those that the loop itself deals with. */
export type EffectCommand = Exclude<Command, { do: 'append' | 'wake' | 'finished' }>;

interface Flight {
  readonly command: EffectCommand;
  readonly controller: AbortController;
  readonly landed: Promise<void>;
}

/** The effects under way, by what they work on. */
export interface InFlight {
  readonly has: (command: EffectCommand) => boolean;
  readonly count: () => number;
  readonly start: (command: EffectCommand, perform: (signal: AbortSignal) => Promise<void>) => void;
  readonly abort: (which: (command: EffectCommand) => boolean, why: Failure) => void;
  /** Resolves when nothing is under way any more, or after `graceMs`. */
  readonly settle: (graceMs: number) => Promise<void>;
}

/** `landed` is called after each effect has ended, with what it threw, if it did. */
export function makeInFlight(landed: (thrown: { readonly error: unknown } | null) => void): InFlight {
  const flights = new Map<string, Flight>();
  return {
    has: (command) => flights.has(commandKey(command)),
    count: () => flights.size,
    start: (command, perform) => {
      const key = commandKey(command);
      const controller = new AbortController();
      const end = (thrown: { readonly error: unknown } | null) => {
        flights.delete(key);
        landed(thrown);
      };
      const done = Promise.resolve()
        .then(() => perform(controller.signal))
        .then(
          () => end(null),
          (error: unknown) => end({ error }),
        );
      flights.set(key, { command, controller, landed: done });
    },
    abort: (which, why) => {
      for (const { command, controller } of [...flights.values()])
        if (!controller.signal.aborted && which(command)) controller.abort(why);
    },
    settle: async (graceMs) => {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      const all = Promise.all([...flights.values()].map((flight) => flight.landed));
      await Promise.race([all, limit]);
      clearTimeout(timer);
    },
  };
}

/** Why an effect was aborted because this engine stops right now: its outcome is left open, for a resume to find out. */
export const interruption = new Failure('cancelled', 'interrupted', { retryable: false });

export function wasInterrupted(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === interruption;
}
