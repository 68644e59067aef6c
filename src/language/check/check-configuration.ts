import type { ConfigurationDocument, EnvironmentDocument } from '../documents/configuration.js';
import { itemPlaceOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
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
  if (environment.identities === undefined || environment.database.dataDirectory === undefined) return;
  report.warning(
    placeOf(environment, 'identities'),
    'identity-beside-database',
    'identities that open the backups lie where the database runs: whoever breaks in there can read every backup',
    'Keep them on a verifier elsewhere, whose configuration has no `database.dataDirectory`.',
  );
}
