import { printable } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { spokenTime, tellEvent, type Entry, type RunState, type Told } from '../run/index.js';

export interface LoggedEvent extends Told {
  readonly seq: number;
  readonly time: string;
}

/** In memory only so much of the log; the journal has all of it. */
const kept = 5000;

/** What the screen remembers of the entries it has seen: the told log, and what each started step does. */
export interface RunLog {
  events(): readonly LoggedEvent[];
  describe(step: string): string | undefined;
  add(entry: Entry, state: RunState): void;
}

export function makeRunLog(plan: Plan): RunLog {
  let events: LoggedEvent[] = [];
  const described = new Map<string, string>();
  let last = -1;
  return {
    events: () => events,
    describe: (step) => described.get(step),
    add: (entry, state) => {
      if (entry.seq <= last) return;
      last = entry.seq;
      if (entry.type === 'step-started') described.set(entry.data.step, printable(entry.data.describe));
      events.push({ ...tellEvent(plan, state, entry), seq: entry.seq, time: spokenTime(entry.at) });
      if (events.length > kept + 500) events = events.slice(-kept);
    },
  };
}
