import { formatDuration } from '../../base/index.js';
import type { PolicyDocument } from '../documents/backups.js';
import type { ConfigurationDocument } from '../documents/configuration.js';
import { placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';

/** What is lost at worst although everything works: a backup is as old as its interval, its duration and its way to the store. */
export function structuralLossMs(policy: PolicyDocument): number {
  if (policy.wal !== undefined) return policy.wal.lag;
  return policy.interval + (policy.duration ?? 0) + (policy.upload ?? 0);
}

/** Policies that fill the store an environment recovers from, held against the objective of the runbook. */
export function lintPolicies(
  configuration: ConfigurationDocument,
  store: string,
  rpoMs: number,
  report: Report,
): void {
  const policies: { readonly [name: string]: PolicyDocument } = configuration.policies ?? {};
  const all = Object.entries(policies).filter(
    ([, policy]) => policy.store === store || policy.copies?.includes(store) === true,
  );
  const best = all.reduce<[string, PolicyDocument] | undefined>(
    (least, one) =>
      least === undefined || structuralLossMs(one[1]) < structuralLossMs(least[1]) ? one : least,
    undefined,
  );
  if (best === undefined) return;
  const [name, policy] = best;
  const lossMs = structuralLossMs(policy);
  if (lossMs > rpoMs) {
    const parts = policy.wal === undefined ? 'interval + duration + upload' : 'the lag of its WAL';
    const message = `policy ${quote(name)} can lose ${formatDuration(lossMs)} (${parts}), above the RPO of ${formatDuration(rpoMs)}`;
    report.warning(
      placeOf(policy, 'interval'),
      'loss-exceeds-rpo',
      message,
      'Shorten the interval, or add continuous WAL.',
    );
  }
  for (const [other, { alarm }] of all) {
    const place = policies[other];
    if (alarm === undefined || alarm <= rpoMs || place === undefined) continue;
    const message = `policy ${quote(other)} raises its alarm after ${formatDuration(alarm)}, above the RPO of ${formatDuration(rpoMs)}`;
    report.warning(placeOf(place, 'alarm'), 'alarm-exceeds-rpo', message);
  }
}
