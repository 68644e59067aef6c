import {
  declaredLatency,
  judgeDeclared,
  readDeclared,
  recordBaseline,
  type DeclaredSettings,
} from '../../actions/index.js';
import { Failure, type JsonObject } from '../../base/index.js';
import { readConfiguration } from '../backup/read-configuration.js';
import { Exit } from '../exit.js';
import { print, printJson, type CommonOptions } from '../output.js';

/**
 * `firedrill baseline`: measures the canary queries of a declared environment and keeps the figures as what is normal. Reads only; refused
 * for anything but the declared database.
 */
export async function recordNormal(name: string, options: CommonOptions): Promise<void> {
  const { environments, stores } = readConfiguration(options);
  const section = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (section?.kind !== 'declared')
    throw new Exit(
      'usage',
      `there is no declared environment ${name}`,
      'A lab records its own; name one of kind declared in firedrill.yaml.',
    );
  const frozen = JSON.parse(JSON.stringify({ ...section, stores })) as JsonObject;
  const settings = await readDeclared(name, frozen, options.directory);
  await requireDeclared(settings);
  const port = declaredLatency(settings, () => Promise.resolve(settings.primary));
  if (port === null)
    throw new Failure('unavailable', `environment ${name} declares no canary queries`, {
      hint: `Add \`latency\` under \`environments.${name}\` in firedrill.yaml: a read-only statement or more, the objective, and where the baseline is kept.`,
      retryable: false,
    });
  const lines: string[] = [];
  const { signal } = new AbortController();
  const outputs = await recordBaseline(port, signal, (text) => lines.push(text.trimEnd()));
  if (options.format === 'json') {
    printJson('baseline', { environment: name, file: port.baselineFile, ...outputs });
    return;
  }
  if (!options.quiet) for (const line of lines) print(line);
  print(
    `baseline of ${name}: p50 ${outputs.p50Ms} ms, p95 ${outputs.p95Ms} ms, kept in ${port.baselineFile}`,
  );
}

async function requireDeclared(settings: DeclaredSettings): Promise<void> {
  const { wrong, silence } = await judgeDeclared(settings);
  if (silence !== null) throw new Failure('unavailable', `the database does not answer: ${silence}`);
  if (wrong.length === 0) return;
  throw new Failure('refused', `this is not environment ${settings.name}: ${wrong.join('; ')}`, {
    hint: `Compare with \`environments.${settings.name}\` in firedrill.yaml.`,
  });
}
