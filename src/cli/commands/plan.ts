import { renderPlanPreview } from '../../language/index.js';
import { Exit } from '../exit.js';
import { kindOf, loadDrill, loadLive } from '../load-programme.js';
import { print, printJson, type CommonOptions } from '../output.js';
import { vocabulary } from '../vocabulary.js';

/** `firedrill plan <file>`: reads, prints, touches nothing. */
export async function printPlan(
  file: string,
  own: { readonly environment?: string },
  options: CommonOptions,
): Promise<void> {
  const kind = kindOf(file, options.directory);
  if (kind === 'Runbook' && own.environment === undefined) {
    throw new Exit(
      'usage',
      `${file} is a runbook: a plan needs an environment`,
      `Type \`firedrill plan ${file} --environment <name>\`.`,
    );
  }
  const plan =
    kind === 'Runbook'
      ? await loadLive(file, own.environment ?? '', options)
      : await loadDrill(file, false, options);
  if (options.format === 'json') printJson('plan', plan);
  else for (const line of renderPlanPreview(plan, vocabulary)) print(line);
}
