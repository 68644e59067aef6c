import { Option, type Command } from 'commander';
import type { CommonOptions } from './output.js';

/** What reads the record of a run that has ended. */
export function addRecords(program: Command, common: () => CommonOptions): void {
  program
    .command('report')
    .description('render a run’s report again from its journal; a sealed file is never overwritten')
    .argument('<run>', 'run id, the beginning of one, or a record’s folder')
    .addOption(
      new Option('--as <form>', 'what to print').choices(['md', 'html', 'json', 'junit']).default('md'),
    )
    .addHelpText('after', '\nExample: firedrill report reports/example --as html > report.html')
    .action(async (run: string, own: { as: 'md' | 'html' | 'json' | 'junit' }) => {
      const { report } = await import('./commands/report.js');
      await report(run, own, common());
    });
  program
    .command('score')
    .description('compute a run’s score again from its record and compare it with the sealed one')
    .argument('<run>', 'run id, the beginning of one, or a record’s folder')
    .option('--explain', 'name the evidence of every point', false)
    .addHelpText('after', '\nExample: firedrill score reports/example --explain')
    .action(async (run: string, own: { explain: boolean }) => {
      const { score } = await import('./commands/score.js');
      await score(run, own, common());
    });
  program
    .command('audit')
    .description('check a run’s record offline: chain, seal, signatures, evidence, recomputed report')
    .argument('<folder>', 'a record’s folder')
    .option('--trust <file>', 'allowed signers, in the format of ssh-keygen')
    .option('--expect-head <hex>', 'the short code that was read aloud or sent during the run')
    .addHelpText('after', '\nExample: firedrill audit reports/example')
    .action(async (folder: string, own: { trust?: string; expectHead?: string }) => {
      const { audit } = await import('./commands/audit.js');
      await audit(folder, own, common());
    });
}
