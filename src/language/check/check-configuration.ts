import type { ConfigurationDocument, EnvironmentDocument } from '../documents/configuration.js';
import { itemPlaceOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import type { DeclaredEnvironment } from '../documents/environments.js';
import { quote } from '../shape/words.js';
import { checkPolicy } from './check-policy.js';
import { requireEnvironment, requireStore, type Configured } from './configured-names.js';

export function checkConfiguration(configuration: ConfigurationDocument, report: Report): void {
  const configured: Configured = {
    stores: configuration.stores ?? {},
    environments: configuration.environments ?? {},
  };
  for (const environment of Object.values(configured.environments))
    checkEnvironment(environment, configured, report);
  for (const policy of Object.values(configuration.policies ?? {})) checkPolicy(policy, configured, report);
  for (const channel of Object.values(configuration.channels ?? {})) {
    if (channel.kind !== 'webhook' || (channel.url === undefined) !== (channel.urlFile === undefined))
      continue;
    report.error(placeOf(channel), 'webhook-address', 'webhook needs exactly one of "url" and "urlFile"');
  }
}

function checkEnvironment(environment: EnvironmentDocument, configured: Configured, report: Report): void {
  if (environment.kind === 'lab') {
    if (environment.from !== 'sample')
      requireStore(environment.from, placeOf(environment, 'from'), configured, report);
    environment.protects?.forEach((name, index) => {
      requireEnvironment(name, itemPlaceOf(environment, 'protects', index), configured, report);
    });
    return;
  }
  requireStore(environment.store, placeOf(environment, 'store'), configured, report);
  checkRegions(environment, configured, report);
  checkWriter(environment, configured, report);
  if (environment.identities === undefined || environment.database.dataDirectory === undefined) return;
  report.warning(
    placeOf(environment, 'identities'),
    'identity-beside-database',
    'identities that open the backups lie where the database runs: whoever breaks in there can read every backup',
    'Keep them on a verifier elsewhere, whose configuration has no `database.dataDirectory`.',
  );
}

function checkRegions(environment: DeclaredEnvironment, configured: Configured, report: Report): void {
  const { standby, fence, regions } = environment;
  if (standby?.store !== undefined)
    requireStore(standby.store, placeOf(standby, 'store'), configured, report);
  const missing = [
    ...(standby === undefined ? ['`standby`'] : []),
    ...(fence === undefined ? ['`fence`'] : []),
    ...(environment.thirdPlace === undefined ? ['`thirdPlace`'] : []),
  ];
  if (regions < 2 || missing.length === 0) return;
  report.warning(
    placeOf(environment, 'regions'),
    'region-by-hand',
    `${regions} regions, and no ${missing.join(', ')}: giving one up is done by hand`,
    `Add ${missing.join(', ')} to this environment; \`firedrill schema Configuration\` explains each.`,
  );
}

/** Whether keys are refused can only be tried with keys that are known. */
function checkWriter({ immutable }: DeclaredEnvironment, configured: Configured, report: Report): void {
  if (immutable === undefined) return;
  requireStore(immutable.store, placeOf(immutable, 'store'), configured, report);
  const { writer } = immutable;
  if (writer === undefined) return;
  const place = placeOf(writer, 'store');
  const found = requireStore(writer.store, place, configured, report);
  if (found === undefined || (found.kind === 's3' && found.credentials?.file !== undefined)) return;
  report.error(
    place,
    'writer-without-keys',
    `store ${quote(writer.store)} has no keys of its own`,
    'Name one of kind s3 with `credentials.file`: the file that holds the keys of the database’s host.',
  );
}
