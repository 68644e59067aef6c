import { Failure } from '../../base/index.js';
import { runCommand, type CommandCall } from './run-command.js';
import type { DeclaredSettings } from './settings.js';

const askMs = 15_000;

/** What service managers answer for something that does not run (LSB: 1 and 3). */
const noCodes = [1, 3];

/** Runs a command that answers by its exit code. A question that failed is no answer: rejects with `unavailable` then. */
export async function askYesOrNo(
  settings: DeclaredSettings,
  argv: readonly string[],
  options?: CommandCall,
): Promise<boolean> {
  const { exitCode, lastLine } = await runCommand(settings, argv, askMs, options);
  if (exitCode === 0) return true;
  if (noCodes.includes(exitCode)) return false;
  throw new Failure(
    'unavailable',
    `${argv[0] ?? ''} exited with ${exitCode}, which says neither yes (0) nor no (1 or 3): ${lastLine}`,
  );
}
