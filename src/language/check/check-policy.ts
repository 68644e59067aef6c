import type { PolicyDocument } from '../documents/backups.js';
import { itemPlaceOf, keyPlaceOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';
import { requireEnvironment, requireStore, type Configured } from './configured-names.js';

/** What a policy names must be there, and fit its way. */
export function checkPolicy(policy: PolicyDocument, configured: Configured, report: Report): void {
  checkStores(policy, configured, report);
  if (policy.environment !== undefined) {
    const place = placeOf(policy, 'environment');
    const environment = requireEnvironment(policy.environment, place, configured, report);
    if (environment?.kind === 'lab') {
      const message = `environment ${quote(policy.environment)} is a lab, which has policies and a store of its own`;
      const hint = `Take the policy out: \`firedrill backup --environment ${policy.environment}\` needs none.`;
      report.error(place, 'policy-of-lab', message, hint);
    }
  }
  if (policy.way === 'pgbackrest' && policy.repository === undefined) {
    const hint = 'Add `repository: {stanza: …}`.';
    report.error(placeOf(policy, 'way'), 'missing-key', 'way "pgbackrest" without "repository"', hint);
  }
  if (policy.way !== 'pgbackrest' && policy.repository !== undefined) {
    const message = `"repository" does nothing with way ${quote(policy.way)}`;
    report.error(keyPlaceOf(policy, 'repository'), 'unused-key', message, 'Write `way: pgbackrest`.');
  }
  lintEncryption(policy, report);
}

function checkStores(policy: PolicyDocument, configured: Configured, report: Report): void {
  const place = placeOf(policy, 'store');
  const made = requireStore(policy.store, place, configured, report);
  if (made !== undefined && made.kind !== 'local') {
    report.error(
      place,
      'store-not-local',
      `sets are made in a folder, and store ${quote(policy.store)} is ${made.kind}`,
      `Name a store of kind local here, and ${quote(policy.store)} under \`copies\`.`,
    );
  }
  const seen = new Set([policy.store]);
  policy.copies?.forEach((name, index) => {
    const at = itemPlaceOf(policy, 'copies', index);
    requireStore(name, at, configured, report);
    if (seen.has(name)) report.error(at, 'duplicate-store', `store ${quote(name)} stands twice in a policy`);
    seen.add(name);
  });
}

/** One identity that is lost, or one laptop, must not decide whether the company comes back. */
function lintEncryption(policy: PolicyDocument, report: Report): void {
  if (policy.encryption === undefined) return;
  const keys = new Set(Object.values(policy.encryption.recipients));
  if (keys.size !== 1) return;
  report.warning(
    placeOf(policy.encryption, 'recipients'),
    'one-recipient',
    'backups are encrypted for one recipient only: when its identity is lost nobody can open them',
    'Add a second one, `escrow`, whose identity lies offline.',
  );
}
