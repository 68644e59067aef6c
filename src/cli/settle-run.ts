import { codeOf, Exit } from './exit.js';
import { print, printJsonLine, type CommonOptions } from './output.js';
import type { Session } from './run-session.js';
import type { View } from './show-run.js';

/** Prints how the run ended, on the normal screen, and leaves with the exit code that says so. */
export async function settleRun(session: Session, view: View, options: CommonOptions): Promise<void> {
  const finished = await session.finished;
  if (view === 'json' || options.format === 'json')
    printJsonLine('summary', { lines: finished.summary, exit: codeOf(finished.exit) });
  else for (const line of finished.summary) print(line);
  if (finished.exit === 'met') return;
  // A signal has already chosen its own code: 130 or 143.
  if (finished.exit === 'interrupted' && process.exitCode !== undefined) return;
  throw new Exit(finished.exit);
}
