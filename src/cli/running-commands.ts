import { Option, type Command } from 'commander';
import type { DrillOptions, LiveOptions } from './commands/drill.js';
import type { CommonOptions } from './output.js';

const viewOption = () =>
  new Option('--view <view>', 'screen, lines of text, or JSON lines (default: by the terminal)').choices([
    'tui',
    'plain',
    'json',
  ]);

const inputOption = () =>
  new Option(
    '--input <name=value>',
    'value of an input of the runbook, instead of the drill’s or its default; may be repeated',
  ).argParser((typed: string, before: readonly string[] | undefined) => [...(before ?? []), typed]);

/** What carries a drill or a live run out, lists it, takes it up again or follows it. */
export function addRunning(program: Command, common: () => CommonOptions): void {
  program
    .command('drill')
    .description('run a drill: inject the disaster into a lab and recover from it against the clock')
    .argument('[drill]', 'a drill file')
    .option('--all', 'every drill of drills/, one after the other', false)
    .option('--sabotage', 'with --all: those of drills/sabotage/ as well', false)
    .option('--unattended', 'answer every prompt as the drill declares; labs only', false)
    .option('--scale <factor>', 'size of the lab’s sample database, instead of the configured one')
    .addOption(inputOption())
    .addOption(viewOption())
    .addHelpText(
      'after',
      '\nExamples: firedrill drill drills/database-corruption.yaml\n          firedrill drill --all --unattended',
    )
    .action(async (file: string | undefined, own: DrillOptions) => {
      const { drill } = await import('./commands/drill.js');
      await drill(file, own, common());
    });
  program
    .command('run')
    .description('follow a runbook live, in an environment that firedrill.yaml declares')
    .argument('<runbook>', 'a runbook file')
    .requiredOption('--environment <name>', 'environment of firedrill.yaml')
    .option(
      '--started-at <time>',
      'when the disruption began (ISO 8601), where nothing measured it; recorded as attested',
    )
    .addOption(inputOption())
    .addOption(viewOption())
    .addHelpText(
      'after',
      '\nExample: firedrill run runbooks/database-corruption.yaml --environment production',
    )
    .action(async (file: string, own: LiveOptions) => {
      const { followLive } = await import('./commands/drill.js');
      await followLive(file, own, common());
    });
  program
    .command('runs')
    .description('list the runs of this programme, newest first')
    .action(async () => {
      const { listRuns } = await import('./commands/runs.js');
      await listRuns(common());
    });
  program
    .command('resume')
    .description('take an interrupted run up again')
    .argument('<run>', 'run id, or the beginning of one')
    .option(
      '--take-over',
      'end the engine that holds the run, if one is alive, and go on in its place',
      false,
    )
    .addOption(viewOption())
    .addHelpText('after', '\nExample: firedrill resume 2027-01-17T010203Z-database-corruption-k3f9')
    .action(async (run: string, own: { takeOver: boolean; view?: string }) => {
      const { resume } = await import('./commands/resume.js');
      await resume(run, own, common());
    });
  program
    .command('watch')
    .description('follow a run from another terminal, reading only')
    .argument('<run>', 'run id, or the beginning of one')
    .addHelpText('after', '\nExample: firedrill watch 2027-01-17')
    .action(async (run: string) => {
      const { watch } = await import('./commands/watch.js');
      await watch(run, common());
    });
}
