import { Command, CommanderError, Option } from 'commander';
import { didYouMean, Failure } from '../base/index.js';
import { addBackups } from './backup-commands.js';
import type { DrillOptions, LiveOptions } from './commands/drill.js';
import { addEnvironments } from './environment-commands.js';
import { codeOf, Exit, exitOf } from './exit.js';
import { keepHeapSmall } from './keep-small.js';
import { printFailure, printJsonFailure, type CommonOptions } from './output.js';
import { requireFolder } from './programme-paths.js';
import { addReadiness } from './readiness-command.js';
import { reportBug } from './report-bug.js';
import { version } from './version.js';

/** Runs one command line and sets the process's exit code; the only place that decides it. */
export async function main(argv: readonly string[]): Promise<void> {
  keepHeapSmall();
  process.stdout.on('error', passOverClosedPipe);
  process.stderr.on('error', passOverClosedPipe);
  const program = buildProgram();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = settle(error, program);
  }
}

function settle(error: unknown, program: Command): number {
  const options = commonOptions(program);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const [message = '', ...hint] = withoutPrefix(error.message).split('\n');
    if (options.format === 'json') printJsonFailure(new Exit('usage', message, hint.join(' ') || undefined));
    return codeOf('usage');
  }
  const exit = exitOf(error);
  if (exit !== undefined && (error instanceof Exit || error instanceof Failure)) {
    printFailure(error, options);
    return codeOf(exit);
  }
  reportBug(error);
  return codeOf('bug');
}

/** Whoever reads our output may stop reading; that is no reason to die noisily, nor to stop a run under way. */
function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}

function buildProgram(): Command {
  const program = new Command('firedrill');
  program
    .description(
      'Disaster-recovery drills that really happen, measured from outside and recorded so that anyone can check them.',
    )
    .version(version(), '-V, --version', 'print the version')
    .addOption(
      new Option('--format <format>', 'how results are printed').choices(['human', 'json']).default('human'),
    )
    .option('--directory <folder>', 'the programme’s folder', currentFolder())
    .option(
      '-q, --quiet',
      'print no progress, plans, remarks and warnings, and no results of backup, verify, restore and prune; printed all the same: what is asked for by name (lists, reports, --dry-run, --format json), questions, and on standard error, in one line, what failed',
      false,
    )
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: (text, write) => write(`firedrill: ${withoutPrefix(text)}`) })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride()
    .allowExcessArguments()
    .hook('preAction', () => requireFolder(commonOptions(program).directory))
    .action(async () => {
      const [unknown] = program.args;
      if (unknown !== undefined) throw unknownCommand(unknown, program);
      const { showHome } = await import('./commands/home.js');
      await showHome(commonOptions(program), () => program.helpInformation());
    });
  addAuthoring(program);
  addRunning(program);
  addRecords(program);
  addReadiness(program, () => commonOptions(program));
  addEnvironments(program, () => commonOptions(program));
  addBackups(program, () => commonOptions(program));
  addLab(program);
  program.showHelpAfterError('  Type `firedrill --help` for the commands and options there are.');
  for (const command of program.commands) strictly(command, 'firedrill');
  return program;
}

/** What is typed too much is an error, and every error says which help to ask for. */
function strictly(command: Command, above: string): void {
  const name = `${above} ${command.name()}`;
  command.exitOverride().allowExcessArguments(false);
  command.showHelpAfterError(`  Type \`${name} --help\` for its options and an example.`);
  for (const one of command.commands) strictly(one, name);
}

const withoutPrefix = (text: string): string => text.replace(/^error: /, '');

/** A folder that was removed under a shell has a name only. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return process.env['PWD'] ?? '.';
  }
}

function unknownCommand(given: string, program: Command): Exit {
  const near = didYouMean(
    given,
    program.commands.map((command) => command.name()),
  );
  const hint =
    near === undefined
      ? 'Type `firedrill --help` for the commands there are.'
      : `Did you mean \`firedrill ${near}\`?`;
  return new Exit('usage', `there is no command "${given}"`, hint);
}

function addAuthoring(program: Command): void {
  program
    .command('validate')
    .description('check runbooks, drills, rubrics and the configuration; every problem with its place')
    .argument('[path...]', 'files or folders', [])
    .option('--strict', 'warnings count as errors', false)
    .addHelpText('after', '\nExample: firedrill validate --strict runbooks drills')
    .action(async (paths: string[], own: { strict: boolean }) => {
      const { validate } = await import('./commands/validate.js');
      await validate(paths, own, commonOptions(program));
    });
  program
    .command('schema')
    .description('print the JSON Schema of a kind of document, for editors')
    .argument(
      '<kind>',
      'Runbook, Drill, Rubric, Configuration, Checklist, Messages, or Readiness for its JSON',
    )
    .addHelpText('after', '\nExample: firedrill schema Runbook > runbook.schema.json')
    .action(async (kind: string) => {
      const { printSchema } = await import('./commands/schema.js');
      printSchema(kind);
    });
  program
    .command('plan')
    .description('print what a drill or a runbook would do, step by step, touching nothing')
    .argument('<file>', 'a drill, or a runbook with --environment')
    .option('--environment <name>', 'environment of firedrill.yaml')
    .addHelpText('after', '\nExample: firedrill plan drills/database-corruption.yaml')
    .action(async (file: string, own: { environment?: string }) => {
      const { printPlan } = await import('./commands/plan.js');
      await printPlan(file, own, commonOptions(program));
    });
}

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

function addRunning(program: Command): void {
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
      await drill(file, own, commonOptions(program));
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
      await followLive(file, own, commonOptions(program));
    });
  program
    .command('runs')
    .description('list the runs of this programme, newest first')
    .action(async () => {
      const { listRuns } = await import('./commands/runs.js');
      await listRuns(commonOptions(program));
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
      await resume(run, own, commonOptions(program));
    });
  program
    .command('watch')
    .description('follow a run from another terminal, reading only')
    .argument('<run>', 'run id, or the beginning of one')
    .addHelpText('after', '\nExample: firedrill watch 2027-01-17')
    .action(async (run: string) => {
      const { watch } = await import('./commands/watch.js');
      await watch(run, commonOptions(program));
    });
}

function addRecords(program: Command): void {
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
      await report(run, own, commonOptions(program));
    });
  program
    .command('score')
    .description('compute a run’s score again from its record and compare it with the sealed one')
    .argument('<run>', 'run id, the beginning of one, or a record’s folder')
    .option('--explain', 'name the evidence of every point', false)
    .addHelpText('after', '\nExample: firedrill score reports/example --explain')
    .action(async (run: string, own: { explain: boolean }) => {
      const { score } = await import('./commands/score.js');
      await score(run, own, commonOptions(program));
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
      await audit(folder, own, commonOptions(program));
    });
}

function addLab(program: Command): void {
  const lab = program.command('lab').description('the throw-away environment by itself');
  const act = (name: 'up' | 'status' | 'down', description: string) =>
    lab
      .command(name)
      .description(description)
      .argument('[name]', 'which lab', name === 'up' ? 'kept' : undefined)
      .option('--all', 'every lab of this programme', false)
      .action(async (which: string | undefined, own: { all: boolean }) => {
        const commands = await import('./commands/lab.js');
        await commands.lab(name, which, own.all, commonOptions(program));
      });
  act('up', 'make a lab and leave it running');
  act('status', 'what labs there are and what runs in them');
  act('down', 'stop and remove a lab, or all of them');
}

function commonOptions(program: Command): CommonOptions {
  const given = program.opts<{
    directory: string;
    format: 'human' | 'json';
    quiet: boolean;
    color: boolean;
  }>();
  const noColour = (process.env['NO_COLOR'] ?? '') !== '';
  return {
    directory: given.directory,
    format: given.format,
    quiet: given.quiet,
    colour: given.color && !noColour && process.stdout.isTTY,
  };
}
