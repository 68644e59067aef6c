import { formatDuration } from '../../base/index.js';
import { columns } from '../backup/columns.js';
import type { DrillFacts, DrillOutcome } from './drill-facts.js';
import { plannedFor } from './planned-for.js';

const marks: { readonly [outcome in DrillOutcome]: string } = {
  met: '✓',
  missed: '✗',
  inconclusive: '✗',
  failed: '✗',
  cancelled: '✗',
  interrupted: '!',
  'not-run': '–',
  left: '–',
};

const heads = ['Drill', 'Outcome', 'Recovery of RTO', 'Commits lost', 'Score', 'Rating'];

/** The table at the end: a row a drill, and below it what its figures do not say. */
export function renderDrills(facts: readonly DrillFacts[]): string[] {
  const rows = columns([heads, ...facts.map(rowOf)], [4]);
  const [head = '', ...lines] = rows;
  return [head, ...lines.flatMap((line, index) => [line, ...below(facts[index])])];
}

function rowOf(one: DrillFacts): string[] {
  const recovery = one.recoveryMs === null ? 'not measured' : formatDuration(one.recoveryMs);
  const rto = one.rtoMs === null ? '' : ` of ${formatDuration(one.rtoMs)}`;
  const lost =
    one.lost === null || one.acknowledged === null ? 'not measured' : `${one.lost} of ${one.acknowledged}`;
  return [
    nameOf(one.file),
    `${marks[one.outcome]} ${one.outcome.replace('-', ' ')}`,
    `${recovery}${rto}`,
    lost,
    one.score === null ? '–' : String(one.score),
    one.rating ?? '–',
  ];
}

function below(one: DrillFacts | undefined): string[] {
  if (one === undefined) return [];
  const caps = one.caps.length === 0 ? [] : [`capped by ${one.caps.join(', ')}`];
  return [
    ...(one.why === null ? [] : [`why: ${one.why}`]),
    ...caps,
    ...(one.notExercised.length === 0 ? [] : [`not exercised: ${one.notExercised.join('; ')}`]),
    ...(one.report === null ? [] : [`report: ${one.report}`]),
  ].map((said) => `    ${said}`);
}

/** `database-corruption`, or `sabotage/lost-key`: enough to type. */
function nameOf(file: string): string {
  return file.replace(/^drills\//, '').replace(/\.ya?ml$/, '');
}

/** What will be run, before the first begins. */
export function renderIntention(
  drills: readonly { readonly file: string; readonly scheduled: string | null }[],
): string[] {
  return [
    `${drills.length} ${drills.length === 1 ? 'drill' : 'drills'}, one after the other:`,
    ...drills.map(({ file, scheduled }) => `  ${file}${plannedFor(scheduled)}`),
  ];
}
