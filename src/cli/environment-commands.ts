import type { Command } from 'commander';
import type { CommonOptions } from './output.js';

/** What is asked of an environment beforehand, while nothing is wrong with it. */
export function addEnvironments(program: Command, common: () => CommonOptions): void {
  program
    .command('baseline')
    .description('record how long the canary queries of an environment take now, as what is normal')
    .requiredOption('--environment <name>', 'environment of firedrill.yaml')
    .addHelpText('after', '\nExample: firedrill baseline --environment production')
    .action(async (own: { environment: string }) => {
      const { recordNormal } = await import('./commands/baseline.js');
      await recordNormal(own.environment, common());
    });
}
