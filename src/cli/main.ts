import { Command, CommanderError, Option } from 'commander';
import { didYouMean, Failure } from '../base/index.js';
import { addBackups } from './backup-commands.js';
import { addEnvironments } from './environment-commands.js';
import { codeOf, Exit, exitOf } from './exit.js';
import { keepHeapSmall } from './keep-small.js';
import { printFailure, printJsonFailure, type CommonOptions } from './output.js';
import { requireFolder } from './programme-paths.js';
import { addReadiness } from './readiness-command.js';
import { addRecords } from './record-commands.js';
import { reportBug } from './report-bug.js';
import { addRunning } from './running-commands.js';
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
  addRunning(program, () => commonOptions(program));
  addRecords(program, () => commonOptions(program));
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
