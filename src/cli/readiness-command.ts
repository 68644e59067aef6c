import type { Command } from 'commander';
import type { ReadinessOptions } from './commands/readiness.js';
import type { CommonOptions } from './output.js';

/** What the evidence of a whole programme is worth. */
export function addReadiness(program: Command, common: () => CommonOptions): void {
  program
    .command('readiness')
    .description(
      'the programme’s readiness in five categories, from sealed runs, backups and observed jobs alone',
    )
    .option('--trust <file>', 'allowed signers, in the format of ssh-keygen: only their records count')
    .option('--approver <name>', 'who approves it: somebody who neither wrote nor ran it')
    .option(
      '--condition <text>',
      'what the approval depends on; may be repeated',
      (typed: string, before: readonly string[]) => [...before, typed],
      [] as readonly string[],
    )
    .addHelpText(
      'after',
      `
Runs count in full on your own backups (environment: {lab: {from: <store>}}) with at least half of production’s bytes, and live. What
was not measured counts 0 and is listed. The JSON’s schema: firedrill schema Readiness.
Exit codes: 0 ready, 1 not ready, 2 wrong command line, 3 the programme is invalid, 5 the approver wrote or ran it.

Examples: firedrill readiness
          firedrill readiness --approver "Maria Santos" --condition "escrow drill before April"`,
    )
    .action(async (own: ReadinessOptions) => {
      const { readiness } = await import('./commands/readiness.js');
      await readiness(own, common());
    });
}
