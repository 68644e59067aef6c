import {
  readinessOf,
  readinessRunOf,
  type JobObservation,
  type Readiness,
  type ReadinessInputs,
  type ReadinessRun,
  type ReadinessSet,
} from '../../src/assessment/index.js';
import type { JsonObject } from '../../src/base/index.js';
import { defaultRubric } from '../../src/language/index.js';
import { buildRun, type Variation } from './run-fixture.js';

export const now = '2027-02-01T00:00:00.000Z';

/** On whose data the run of the fixture ran. */
export const own: JsonObject = {
  ...{ set: '2027-01-16T230000Z-physical-3f9a01', takenAt: '2027-01-16T23:00:10.000Z', bytes: 900 },
  ...{ productionBytes: 1000, from: 'hourly', environment: 'production', store: 'main' },
};

/** What readiness takes from a whole run of the fixture, out of its record. */
export function runOn(seed: JsonObject | null, how: Variation = {}, more: Partial<ReadinessRun> = {}) {
  const record = buildRun(how).record();
  const entries = record.entries.map((entry) =>
    entry.type === 'environment-opened'
      ? { ...entry, data: { ...entry.data, values: seed === null ? {} : { seed } } }
      : entry,
  );
  return { ...readinessRunOf({ ...record, entries }, defaultRubric), ...more };
}

export const scenario = (id: string, severity = 'P0') => ({
  ...{ id, severity, title: id },
  file: `runbooks/${id}.yaml`,
});

/** A runbook for each of the six, only the first of which is critical. */
export const six = [
  scenario('database-corruption'),
  ...['server-failure', 'data-deletion', 'ransomware', 'datacenter-outage', 'performance-degradation'].map(
    (id) => scenario(id, 'P1'),
  ),
];

export function setOf(more: Partial<ReadinessSet> = {}): ReadinessSet {
  return {
    ...{ id: '2027-01-31T233000Z-physical-aa01', policy: 'hourly', environment: 'production', store: 'main' },
    ...{ takenAt: '2027-01-31T23:30:00.000Z', clusterBytes: 1000, verifiedAt: null },
    ...more,
  };
}

export function jobOf(job: JobObservation['job'], more: Partial<JobObservation> = {}): JobObservation {
  return {
    ...{ id: `${job}-1`, job, environment: 'production', environmentKind: 'declared' as const },
    ...{ policies: ['hourly'], startedAt: '2027-01-31T23:00:00.000Z', endedAt: '2027-01-31T23:01:00.000Z' },
    ...{ outcome: 'succeeded' as const, set: null, full: true },
    ...more,
  };
}

export function readinessWith(more: Partial<ReadinessInputs> = {}): Readiness {
  return readinessOf({
    ...{ programme: 'sample', at: now, scenarios: [scenario('database-corruption')], runs: [], rejected: [] },
    ...{
      placeholders: [],
      policies: [],
      sets: [],
      unread: [],
      jobs: [],
      approval: null,
      signersTrusted: true,
    },
    ...more,
  });
}

export function category(readiness: Readiness, key: Readiness['categories'][number]['key']) {
  const found = readiness.categories.find((one) => one.key === key);
  if (found === undefined) throw new Error(`no category ${key}`);
  const line = (id: string) => found.inputs.find((one) => one.id === id);
  return { points: found.points, inputs: found.inputs, line };
}
