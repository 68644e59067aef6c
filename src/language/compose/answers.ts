import type { JsonObject, Position } from '../../base/index.js';
import type { AnswersDocument } from '../documents/drill.js';
import type { Phase, ScriptedAnswers, Step } from '../plan.js';
import { keyPlaceOf, placeOf, type Placed } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { checkAbsence, takeAbsences } from './absences.js';
import { judgeAnswer } from './answer-values.js';
import { given } from '../given.js';
import { flattenSteps } from './plan-steps.js';
import { promptsOf, type Prompt } from './prompts.js';

const none: ScriptedAnswers = { steps: {} };

/**
 * The declared answers: each belongs to a prompt there is and is one that a person could give. A run without people needs
 * one for every prompt that can open; what is missing is named one by one. An attended run has none: people answer.
 */
export function planAnswers(
  answers: AnswersDocument | undefined,
  phases: readonly Phase[],
  unattended: boolean,
  asked: Position,
  report: Report,
): ScriptedAnswers {
  const steps = new Map(phases.flatMap((phase) => flattenSteps(phase.steps)).map((step) => [step.id, step]));
  const declared: { readonly [step: string]: Placed<JsonObject> } = answers?.steps ?? {};
  for (const [id, answer] of Object.entries(declared)) {
    const step = steps.get(id);
    if (step !== undefined) checkAnswer(step, answer, report);
    else if (answers?.steps !== undefined)
      report.error(
        keyPlaceOf(answers.steps, id),
        'unknown-step',
        `answer for unknown step ${quote(id)}`,
        suggest(id, [...steps.keys()], 'Steps'),
      );
  }
  if (!unattended) return none;

  const own = (id: string): Placed<JsonObject> | undefined =>
    Object.hasOwn(declared, id) ? declared[id] : undefined;
  const choice = (id: string) => {
    const option = own(id)?.['option'];
    return typeof option === 'string' ? option : undefined;
  };
  const place = answers === undefined ? asked : placeOf(answers);
  for (const prompt of promptsOf(phases, choice)) {
    if (
      prompt.form === 'failure' ? answers?.onFailure !== undefined : isAnswered(prompt, own(prompt.step.id))
    )
      continue;
    reportMissing(prompt, place, report);
  }
  const { present, absent } = takeAbsences(declared);
  return {
    steps: present,
    ...given('onFailure', answers?.onFailure),
    ...given('onResume', answers?.onResume),
    ...given('absent', absent),
  };
}

/** Whether something is declared at all; whether it is right, `checkAnswer` has said. */
function isAnswered({ form }: Prompt, answer: JsonObject | undefined): boolean {
  if (answer === undefined) return false;
  if (answer['absent'] !== undefined) return true;
  if (form === 'approve') return answer['approve'] !== undefined;
  if (form === 'decide') return answer['option'] !== undefined;
  if (form === 'instruct') return answer['done'] !== undefined;
  return true;
}

function reportMissing({ step, form }: Prompt, place: Position, report: Report): void {
  const examples = {
    ask: example(step),
    decide: example(step),
    instruct: '{done: true}',
    approve: '{approve: true}',
    failure: '',
  };
  const hint =
    form === 'failure'
      ? 'Add `answers.onFailure`: retry, skip or abort; or let the step say `onFailure: stop`.'
      : `Add under \`answers.steps\`: \`${step.id}: ${examples[form]}\`.`;
  const what = { ask: 'form', decide: 'decision', instruct: 'task', approve: 'approval', failure: 'failure' }[
    form
  ];
  report.error(place, 'missing-answer', `no declared answer for the ${what} of step ${quote(step.id)}`, hint);
}

function example(step: Step): string {
  if (step.form === 'decide') return `{option: ${step.options.map((option) => option.id).join(' | ')}}`;
  return step.form === 'ask'
    ? `{${Object.keys(step.fields)
        .map((field) => `${field}: …`)
        .join(', ')}}`
    : '';
}

function checkAnswer(step: Step, answer: Placed<JsonObject>, report: Report): void {
  if (answer['absent'] !== undefined) {
    checkAbsence(step, answer, report);
    return;
  }
  const allowed = keysOf(step);
  for (const [key, value] of Object.entries(answer)) {
    if (!allowed.includes(key)) {
      const hint =
        allowed.length === 0 ? 'It asks nobody anything: remove the answer.' : suggest(key, allowed);
      report.error(
        keyPlaceOf(answer, key),
        'unknown-answer',
        `step ${quote(step.id)} takes no answer ${quote(key)}`,
        hint,
      );
      continue;
    }
    const place = placeOf(answer, key);
    if (step.form === 'ask') {
      const field = Object.hasOwn(step.fields, key) ? step.fields[key] : undefined;
      const problem = field === undefined ? undefined : judgeAnswer(field, value);
      if (problem !== undefined)
        report.error(place, 'bad-answer', `${quote(`${step.id}.${key}`)}: ${problem.message}`, problem.hint);
    } else if (key === 'option' && step.form === 'decide') {
      const options = step.options.map((option) => option.id);
      if (options.some((option) => option === value)) continue;
      const word = typeof value === 'string' ? value : JSON.stringify(value);
      report.error(
        place,
        'bad-answer',
        `step ${quote(step.id)} has no option ${quote(word)}`,
        suggest(word, options, 'Options'),
      );
    } else if (value !== true) {
      report.error(
        place,
        'bad-answer',
        `${quote(`${step.id}.${key}`)} can only be true`,
        'Leave the answer out to have none.',
      );
    }
  }
  if (step.form !== 'ask') return;
  for (const field of Object.keys(step.fields)) {
    if (Object.hasOwn(answer, field)) continue;
    report.error(
      placeOf(answer),
      'missing-field',
      `answer for step ${quote(step.id)} without its field ${quote(field)}`,
    );
  }
}

function keysOf(step: Step): string[] {
  const approve = step.approve === undefined ? [] : ['approve'];
  if (step.form === 'ask') return [...Object.keys(step.fields), ...approve];
  if (step.form === 'decide') return ['option', ...approve];
  return step.form === 'instruct' ? ['done', ...approve] : approve;
}
