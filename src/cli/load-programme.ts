import { resolve } from 'node:path';
import { Failure, formatDiagnostic, type Diagnostic } from '../base/index.js';
import { parseDocument, type DocumentKind, type DrillDocument, type Plan } from '../language/index.js';
import { Exit } from './exit.js';
import { printJson, type CommonOptions } from './output.js';
import { ProgrammeLoader, readOrRefuse, type Loaded } from './programme-loader.js';

export type TypedInputs = { readonly [name: string]: string };

/** The plan of a drill, every file that it refers to read and frozen. Rejects with exit `invalid`, every problem printed. */
export async function loadDrill(
  file: string,
  unattended: boolean,
  options: CommonOptions,
  inputs: TypedInputs = {},
): Promise<Plan> {
  const loader = new ProgrammeLoader(options.directory);
  const drill = loader.readTyped(file, 'Drill');
  if (drill !== null) requireLab(drill, loader);
  const wanted = { drill, runbook: null, environment: undefined, mode: 'drill', unattended, inputs } as const;
  return settle(await loader.compose(wanted), options);
}

/** The plan of a live run. */
export async function loadLive(
  file: string,
  environment: string,
  options: CommonOptions,
  inputs: TypedInputs = {},
): Promise<Plan> {
  const loader = new ProgrammeLoader(options.directory);
  const runbook = loader.readTyped(file, 'Runbook');
  const wanted = { drill: null, runbook, environment, mode: 'live', unattended: false, inputs } as const;
  return settle(await loader.compose(wanted), options);
}

/** What is wrong with a drill and all that it refers to, attended and, where it declares answers, unattended. */
export async function checkDrillTogether(
  file: string,
  options: CommonOptions,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const unattended of [false, true]) {
    const loader = new ProgrammeLoader(options.directory);
    const drill = loader.readTyped(file, 'Drill');
    if (unattended && drill?.answers === undefined) continue;
    const wanted = { drill, runbook: null, environment: undefined, mode: 'drill', unattended } as const;
    found.push(...(await loader.compose(wanted)).diagnostics);
  }
  return found;
}

/** What a file says it is; null when it says nothing that is known. */
export function kindOf(file: string, directory: string): DocumentKind | null {
  return parseDocument({ path: file, bytes: readOrRefuse(resolve(directory, file), file) }).kind;
}

/** Whatever else is wrong with a drill: on anything but a lab it is refused first. */
function requireLab(drill: DrillDocument, loader: ProgrammeLoader): void {
  const name = drill.environment;
  const environments: { readonly [name: string]: { readonly kind: string } } =
    loader.configuration?.environments ?? {};
  if (typeof name !== 'string' || !Object.hasOwn(environments, name) || environments[name]?.kind === 'lab')
    return;
  throw new Failure('refused', `a drill injects a real disaster, and environment "${name}" is not a lab`, {
    hint: 'Name an environment of kind lab in the drill; to follow the runbook in a real incident, type `firedrill run`.',
  });
}

function settle({ plan, diagnostics }: Loaded, options: CommonOptions): Plan {
  if (plan !== null) {
    if (!options.quiet)
      for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
    return plan;
  }
  if (options.format === 'json') printJson('diagnostics', { diagnostics });
  else for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  throw new Exit('invalid', `${errors} ${errors === 1 ? 'error' : 'errors'}: nothing was started`);
}
