import { builtInActions } from '../../dist/actions/index.js';
import { composePlan, parseDocument } from '../../dist/language/index.js';
import { formatDiagnostic } from '../../dist/base/index.js';
import { vocabulary } from '../../dist/cli/vocabulary.js';

/** No shipped action does nothing, so that one is added to the table from which the real port takes them. */
const nothing = {
  name: 'bench.nothing',
  with: { type: 'object', properties: {}, additionalProperties: false },
  outputs: { ok: 'always true' },
  effect: 'read',
  destroys: false,
  describe: () => 'Do nothing',
  preview: () => [],
  perform: () => Promise.resolve({ outputs: { ok: true } }),
};

builtInActions.set(nothing.name, nothing);

const configuration = `apiVersion: firedrill/v1
kind: Configuration
programme: {name: bench}
environments:
  here: {kind: lab, from: sample}
`;

const drill = `apiVersion: firedrill/v1
kind: Drill
id: bench
title: Bench
runbook: runbook.yaml
environment: here
faults: [{id: never, inject: corrupt-heap-pages, after: {phase: start}, with: {relation: public.bookings, pages: 1}}]
answers: {steps: {}, onFailure: abort, onResume: again}
`;

/** A drill, its fault left out, whose steps are `steps` (flow mappings of YAML), read and composed as `firedrill drill` does it. */
export function generatedPlan(steps) {
  const runbook = `apiVersion: firedrill/v1
kind: Runbook
id: bench
title: Bench
version: 1.0.0
summary: Steps that are measured.
severity: P3
objectives: {rto: 4h, rpo: 1h}
roles: {lead: {title: Lead}}
# Where no sign is seen, no step is begun.
detection: [{id: sign, sign: a sign, check: {uses: bench.nothing, expect: {ok: {equals: true}}}}]
phases:
  - id: work
    title: Work
    steps:
${steps.map((step) => `      - ${step}`).join('\n')}
`;
  const parsed = [configuration, drill, runbook].map((text) => parseDocument({ path: 'bench.yaml', text }));
  const [configured, drilled, written] = parsed.map(({ document }) => document);
  const broken = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (broken.length > 0) throw new Error(broken.map(formatDiagnostic).join('\n'));
  const { plan, diagnostics } = composePlan({
    configuration: configured,
    drill: drilled,
    runbook: written,
    environment: undefined,
    rubric: null,
    messages: [],
    checklists: {},
    vocabulary,
    mode: 'drill',
    unattended: true,
    versions: { tool: '0', formula: '1', renderer: '1' },
    sources: [],
  });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (plan === null) throw new Error(errors.map(formatDiagnostic).join('\n'));
  // A drill needs a disaster; a measurement does not.
  return { ...plan, faults: [] };
}
