import type { ExitName } from '../../base/index.js';
import { renderDrills, renderIntention } from '../drills/render-drills.js';
import { findDrills, sabotageFolder } from '../drills/find-drills.js';
import { runDrills, type DrillsRun } from '../drills/run-drills.js';
import { codeOf, Exit } from '../exit.js';
import { print, printJson, remark, type CommonOptions } from '../output.js';
import { parseScale } from '../override-scale.js';
import { chooseView, type View } from '../show-run.js';

export interface AllOptions {
  readonly unattended: boolean;
  readonly sabotage: boolean;
  readonly scale?: string;
  readonly view?: string;
}

/** From the best to the worst that one drill can come to. */
const badness: readonly ExitName[] = [
  'met',
  'missed',
  'runFailed',
  'environment',
  'invalid',
  'refused',
  'interrupted',
  'terminated',
  'usage',
  'bug',
];

/** `firedrill drill --all`. */
export async function drillAll(own: AllOptions, options: CommonOptions): Promise<void> {
  requireSomebody(own, options);
  if (own.scale !== undefined) parseScale(own.scale);
  const drills = findDrills(options.directory);
  if (own.sabotage) drills.push(...findDrills(options.directory, sabotageFolder));
  if (drills.length === 0)
    throw new Exit('usage', `there is no drill in ${options.directory}/drills`, 'Type --directory <folder>.');
  for (const line of renderIntention(drills)) remark(options, line);
  const run = await runDrills(
    {
      ...{ drills, unattended: own.unattended },
      ...{ view: viewOf(own, options), write: writeTo(options) },
      ...(own.scale === undefined ? {} : { scale: own.scale }),
    },
    options,
  );
  const exit = run.interrupted ?? worst(run.exits);
  if (options.format === 'json')
    printJson('drills', { unattended: own.unattended, drills: run.facts, exit, code: codeOf(exit) });
  else printTable(run);
  // A drill that a signal stopped has set a code of its own; the whole has one.
  process.exitCode = codeOf(exit);
  if (exit !== 'met') throw new Exit(exit);
}

function requireSomebody(own: AllOptions, options: CommonOptions): void {
  if (own.unattended) return;
  const hint = 'Type `firedrill drill --all --unattended` to have them answered as the drills declare.';
  if (!process.stdin.isTTY)
    throw new Exit('usage', '--all without --unattended asks before each drill: it needs a terminal', hint);
  if (options.format === 'json')
    throw new Exit('usage', '--format json with --all is for unattended drills', hint);
}

/** One JSON document is all that goes to standard output: the runs are then told in lines beside it. */
function viewOf(own: AllOptions, options: CommonOptions): View {
  if (options.format === 'json') return own.view === 'json' ? 'json' : 'plain';
  return chooseView(own.view, options);
}

function writeTo(options: CommonOptions): (text: string) => void {
  if (options.format === 'human') return (text) => void process.stdout.write(text);
  return options.quiet ? () => undefined : (text) => void process.stderr.write(text);
}

function printTable({ facts, interrupted }: DrillsRun): void {
  print('');
  for (const line of renderDrills(facts)) print(line);
  const met = facts.filter((one) => one.outcome === 'met').length;
  print(`\n${met} of ${facts.length} drills met their objectives`);
  const left = facts.filter((one) => one.outcome === 'left').map((one) => one.file);
  if (interrupted !== null) print(`${interrupted}; ${left.length === 0 ? 'no drill was left' : 'left:'}`);
  else if (left.length > 0) print('left:');
  for (const file of left) print(`  firedrill drill ${file}`);
}

function worst(exits: readonly ExitName[]): ExitName {
  return exits.toSorted((a, b) => badness.indexOf(b) - badness.indexOf(a))[0] ?? 'missed';
}
