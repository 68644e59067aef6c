import type { Readiness, ReadinessCategory, ReadinessLine } from '../../assessment/index.js';
import { printable } from '../../base/index.js';
import { toned } from '../backup/colour.js';

const figure = (value: number): string => value.toFixed(1).padStart(5);

/** For people: the categories with their working, the total with its formula, what is missing, who approved. */
export function readinessLines(readiness: Readiness, colour: boolean): string[] {
  const { programme, at, categories, total, unweightedMean, withoutRunbook, notProven } = readiness;
  return [
    `Readiness of ${programme}, ${at.slice(0, 16).replace('T', ' ')} UTC (supports a decision; certifies nothing)`,
    ...categories.flatMap((category) => ['', ...categoryLines(category)]),
    '',
    `total            ${total.formula} = ${total.value.toFixed(1)}`,
    `unweighted mean  ${unweightedMean.formula} = ${unweightedMean.value.toFixed(1)}`,
    ...notMeasuredLines(readiness),
    ...recordLines(readiness),
    ...(withoutRunbook.length === 0 ? [] : ['', `no runbook for: ${withoutRunbook.join(', ')}`]),
    '',
    'not proven by this:',
    ...notProven.map((one) => `  ${one}`),
    '',
    ...conditionLines(readiness, colour),
    ...approvalLines(readiness),
  ].map((line) => printable(line));
}

function categoryLines({ title, weight, points, formula, inputs }: ReadinessCategory): string[] {
  return [
    `${title.padEnd(20)} ${figure(points)}  weight ${weight}`,
    `  = ${formula}`,
    ...inputs.flatMap(inputLines),
  ];
}

function inputLines({ id, value, points, sources }: ReadinessLine): string[] {
  const worth = points === null ? '    –' : figure(points);
  return [
    `  ${worth}  ${id}: ${value}`,
    ...(sources.length === 0 ? [] : [`         from ${sources.join('; ')}`]),
  ];
}

function notMeasuredLines({ notMeasured }: Readiness): string[] {
  if (notMeasured.length === 0) return [];
  return [
    '',
    'not measured, each counted 0:',
    ...notMeasured.map(({ category, id }) => `  ${category}: ${id}`),
  ];
}

function recordLines({ countedRuns, notCounted }: Readiness): string[] {
  return [
    '',
    countedRuns.length === 0 ? 'runs that count: none' : 'runs that count:',
    ...countedRuns.map(({ run, why }) => `  ${run}: ${why}`),
    ...(notCounted.length === 0 ? [] : ['not counted:']),
    ...notCounted.map(({ record, why }) => `  ${record}: ${why}`),
  ];
}

function conditionLines({ ready, conditions }: Readiness, colour: boolean): string[] {
  return [
    toned(ready ? 'READY, by its evidence' : 'NOT READY', ready ? 'good' : 'bad', colour),
    ...conditions.flatMap(({ holds, text, sources }) => [
      `  ${holds ? '✓' : '✗'} ${text}${sources.length === 0 ? '' : ` (${sources.join('; ')})`}`,
    ]),
  ];
}

function approvalLines({ approval, ready }: Readiness): string[] {
  if (approval === null)
    return ['not approved: nobody who neither wrote nor ran it has approved it (--approver "<name>")'];
  const { approver, at, conditions, typedBy, independence } = approval;
  return [
    `approved by ${approver} on ${at.slice(0, 10)}, as ${typedBy} typed it (attested); ${independence}`,
    ...(conditions.length === 0
      ? ['  without conditions']
      : conditions.map((text) => `  on condition: ${text}`)),
    ...(ready ? [] : ['  the approval does not make it ready']),
  ];
}
