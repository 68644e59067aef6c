import { parseDuration, type JsonObject } from '../../base/index.js';
import type { Step } from '../plan.js';
import { placeOf, type Placed } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';

/** `{absent: 10s}`: whoever is asked never comes. It says for how long the run waits, and is the whole answer. */
export function checkAbsence(step: Step, answer: Placed<JsonObject>, report: Report): void {
  const place = placeOf(answer, 'absent');
  if (durationOf(answer) === undefined)
    report.error(
      place,
      'bad-answer',
      `${quote(`${step.id}.absent`)} is no duration`,
      'Say how long the run waits for them, with a unit: `{absent: 10s}`.',
    );
  if (Object.keys(answer).length > 1)
    report.error(
      place,
      'bad-answer',
      `step ${quote(step.id)} is both answered and left unanswered`,
      'Leave `absent` or the answer out.',
    );
  const asks = step.approve !== undefined || ['ask', 'decide', 'instruct'].includes(step.form);
  if (!asks)
    report.error(
      place,
      'unknown-answer',
      `step ${quote(step.id)} asks nobody anything`,
      'Name a step with an approval, a form, a decision or a task.',
    );
}

/** Parts what is answered from what is left unanswered, the latter in milliseconds. */
export function takeAbsences(declared: { readonly [step: string]: JsonObject }): {
  readonly present: { readonly [step: string]: JsonObject };
  readonly absent: { readonly [step: string]: number } | undefined;
} {
  const all = Object.entries(declared);
  const absent = all.flatMap(([id, answer]) => {
    const ms = durationOf(answer);
    return ms === undefined ? [] : [[id, ms] as const];
  });
  if (absent.length === 0) return { present: declared, absent: undefined };
  return {
    present: Object.fromEntries(all.filter(([, answer]) => answer['absent'] === undefined)),
    absent: Object.fromEntries(absent),
  };
}

function durationOf({ absent }: JsonObject): number | undefined {
  return typeof absent === 'string' ? parseDuration(absent) : undefined;
}
