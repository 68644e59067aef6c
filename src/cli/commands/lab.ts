import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeLab, labUp, removeLab, type LabFacts } from '../../lab/index.js';
import { Exit } from '../exit.js';
import { print, printJson, remark, type CommonOptions } from '../output.js';
import { removeIfEmpty, statePaths } from '../programme-paths.js';

/** `firedrill lab up|status|down`. */
export async function lab(
  action: 'up' | 'status' | 'down',
  name: string | undefined,
  all: boolean,
  options: CommonOptions,
): Promise<void> {
  if (all && (name !== undefined || action === 'up'))
    throw new Exit(
      'usage',
      `--all goes with ${action === 'up' ? '`lab status` and `lab down`' : 'no name'}`,
      'Leave it away.',
    );
  if (action === 'up') return up(name ?? 'kept', options);
  return action === 'status' ? status(name, options) : down(name, all, options);
}

async function up(name: string, options: CommonOptions): Promise<void> {
  if (!/^[a-z0-9][a-z0-9-]*$/i.test(name))
    throw new Exit('usage', `"${name}" is no name for a lab`, 'Use letters, digits and hyphens.');
  const directory = join(labsFolder(options), name);
  remark(options, `making a lab in ${directory}`);
  const made = await labUp({ directory, id: name });
  const facts = await describeLab(directory);
  made.release();
  if (options.format === 'json') printJson('lab', facts);
  else {
    for (const line of labLines(facts)) print(line);
    print(
      `It removes itself 30 minutes after the last sign of an engine; or type: firedrill lab down ${name}`,
    );
  }
}

async function status(name: string | undefined, options: CommonOptions): Promise<void> {
  const there = labNames(options);
  if (name !== undefined && !there.includes(name)) throw noLab(name, there);
  const names = name === undefined ? there : [name];
  const all = await Promise.all(names.map((name) => describeLab(join(labsFolder(options), name))));
  if (options.format === 'json') printJson('labs', all);
  else if (all.length === 0) print(`no labs in ${labsFolder(options)}`);
  else for (const facts of all) for (const line of labLines(facts)) print(line);
}

async function down(name: string | undefined, all: boolean, options: CommonOptions): Promise<void> {
  const names = labNames(options);
  const [only] = names;
  if (name === undefined && !all && names.length !== 1) {
    throw new Exit(
      'usage',
      names.length === 0
        ? `no labs in ${labsFolder(options)}`
        : `there are ${names.length} labs: ${names.join(', ')}`,
      'Name one, or type --all.',
    );
  }
  const chosen = all ? names : [name ?? only ?? ''];
  const left: string[] = [];
  for (const one of chosen) {
    if (!names.includes(one)) throw noLab(one, names);
    const removal = await removeLab(join(labsFolder(options), one));
    for (const line of removal.released) remark(options, `released: ${line}`);
    left.push(...removal.leftovers);
  }
  removeIfEmpty(labsFolder(options));
  if (left.length > 0) throw new Exit('environment', `something is left: ${left.join('; ')}`);
  print(`removed: ${chosen.join(', ')}`);
}

function noLab(name: string, there: readonly string[]): Exit {
  return new Exit('usage', `there is no lab "${name}"`, `Labs: ${there.join(', ') || 'none'}.`);
}

function labsFolder(options: CommonOptions): string {
  return statePaths(options.directory, '').labs;
}

function labNames(options: CommonOptions): string[] {
  const folder = labsFolder(options);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => existsSync(join(folder, name, 'lab.json')))
        .sort()
    : [];
}

function labLines(facts: LabFacts | null): string[] {
  if (facts === null) return [];
  return [
    `lab ${facts.id} (${facts.phase}), made ${facts.createdAt}, in ${facts.directory}`,
    ...facts.clusters.map(
      (one) => `  ${one.name.padEnd(12)} ${one.state.padEnd(8)} 127.0.0.1:${one.port}  ${one.dataDirectory}`,
    ),
    `  application  ${facts.application}`,
    `  sentinel     ${facts.sentinel}`,
  ];
}
