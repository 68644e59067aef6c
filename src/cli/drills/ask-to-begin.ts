import { createInterface } from 'node:readline/promises';
import type { FoundDrill } from './find-drills.js';
import { plannedFor } from './planned-for.js';

/** `quit` begins no other either; `gone` when the terminal or the person went away. */
export type Beginning = 'begin' | 'pass-over' | 'quit' | 'gone';

const answers: { readonly [typed: string]: Beginning } = {
  y: 'begin',
  yes: 'begin',
  n: 'pass-over',
  no: 'pass-over',
  q: 'quit',
  quit: 'quit',
};

/** Asks the person at this terminal before a drill begins. Only a typed word counts; an empty line is asked again. */
export async function askToBegin(drill: FoundDrill, position: string): Promise<Beginning> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new Promise<null>((settle) => lines.once('close', () => settle(null)));
  try {
    for (;;) {
      const asked = lines.question(
        `\n${position}: ${drill.title} (${drill.file}${plannedFor(drill.scheduled)})\nBegin it? y: yes, n: not this one, q: none from here on: `,
      );
      const typed = await Promise.race([asked.catch(() => null), gone]);
      if (typed === null) return 'gone';
      const answer = answers[typed.trim().toLowerCase()];
      if (answer !== undefined) return answer;
    }
  } finally {
    lines.close();
  }
}
