import { percentage } from '../formulas.js';
import type { RequirementInput } from '../score-inputs.js';
import type { Judged } from './judge-run.js';
import { newestFirst } from './periods.js';
import { fromRun, line, unmeasured, type ReadinessLine, type ReadinessWorking } from './readiness-inputs.js';
import type { ReadinessRun } from './readiness-run.js';

/** The eight controls, by the title that people read. */
export const eightControls: readonly (readonly [id: string, title: string])[] = [
  ['backups-encrypted', 'backups encrypted'],
  ['key-from-escrow', 'key retrievable from escrow'],
  ['target-segregated', 'restore target segregated'],
  ['no-secret', 'no secret in the evidence'],
  ['least-privilege', 'least privilege of the store’s writer'],
  ['erasure-replay', 'erasures replayed'],
  ['restored-destroyed', 'restored data destroyed'],
  ['malware-comparison', 'malware comparison'],
];

/** Security: the controls of category S, each from the newest run of every scenario that counts. */
export function securityCategory(judged: readonly Judged[]): ReadinessWorking {
  const newest = newestCounted(judged);
  const lines = eightControls.map(([id, title]) => controlLine(id, title, newest));
  const applying = lines.filter((one) => one.points !== null);
  return {
    key: 'security',
    title: 'Security',
    formula:
      '% of the eight controls that apply; one is met when the newest counted run of a scenario shows it and none shows the opposite',
    points: percentage(applying.filter((one) => one.points === 100).length, applying.length),
    inputs: lines,
  };
}

/** The newest run that counts, of each scenario. */
export function newestCounted(judged: readonly Judged[]): ReadinessRun[] {
  const byScenario = new Map<string, ReadinessRun>();
  for (const run of newestFirst(judged.filter((one) => one.counts).map((one) => one.run)))
    if (!byScenario.has(run.scenario)) byScenario.set(run.scenario, run);
  return [...byScenario.values()];
}

function controlLine(id: string, title: string, runs: readonly ReadinessRun[]): ReadinessLine {
  const answers = runs.flatMap((run) =>
    run.controls.filter((one) => one.id === id).map((control) => ({ run, control })),
  );
  const sources = (some: typeof answers) => some.map(({ run, control }) => fromRun(run, control.evidence));
  const say = (some: typeof answers) => [...new Set(some.map(({ control }) => control.note))].join('; ');
  const of = (fits: (control: RequirementInput) => boolean) => answers.filter(({ control }) => fits(control));
  const against = of((one) => one.state === 'not-met' && one.provenance !== 'not-measured');
  if (against.length > 0) return line(id, `${title}: not met: ${say(against)}`, 0, sources(against));
  const shown = of((one) => one.state === 'met');
  if (shown.length > 0) return line(id, `${title}: met: ${say(shown)}`, 100, sources(shown));
  const open = of((one) => one.state === 'not-met');
  if (answers.length > 0 && open.length === 0)
    return line(id, `${title}: not applicable: ${say(answers)}`, null, sources(answers));
  return unmeasured(
    id,
    `${title}: ${answers.length === 0 ? 'no run counts' : 'no run that counts shows it'}`,
  );
}
