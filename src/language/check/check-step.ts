import type { Vocabulary } from '../action-spec.js';
import type { TemplateDocument } from '../documents/messages.js';
import { itemPlaceOf, keyPlaceOf, nodeOf, placeOf, type Placed } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { checkCallee, checkQuestion } from './calls.js';
import { checkCondition } from './conditions.js';
import { checkInsertions, refuseInsertions } from './insertions.js';
import { knownStep } from './known.js';
import type { Names } from './names.js';
import type { ResolvedStep } from './resolve-step.js';
import { checkKeys } from './step-keys.js';

export interface StepContext {
  readonly vocabulary: Vocabulary;
  readonly roles: readonly string[];
  /** The message templates that are loaded, by id; null when nobody looked. */
  readonly templates: ReadonlyMap<string, TemplateDocument> | null;
  readonly report: Report;
}

/** Everything about a step that its own shape does not tell. */
export function checkStep(step: ResolvedStep, names: Names, context: StepContext): void {
  checkKeys(step, context.report);
  checkActions(step, context);
  checkRoles(step, context);
  checkCondition(nodeOf(step, 'when'), names, context.report);
  checkTexts(step, names, context.report);
  const template = context.templates?.get(messageOf(step) ?? '');
  if (template === undefined) return;
  checkInsertions(nodeOf(template, 'subject'), names, context.report);
  checkInsertions(nodeOf(template, 'body'), names, context.report);
}

/** What the step calls: the action, its arguments, what it saves, its check and its undo. */
export function checkActions(step: ResolvedStep, { vocabulary, templates, report }: StepContext): void {
  if (step.uses !== undefined) {
    const spec = checkCallee(step, vocabulary, report);
    const outputs = Object.keys(spec?.outputs ?? {});
    for (const [name, output] of Object.entries(step.saves ?? {})) {
      if (spec === undefined || outputs.includes(output) || step.saves === undefined) continue;
      const hint = suggest(output, outputs, 'Outputs') ?? 'It has no outputs.';
      report.error(
        placeOf(step.saves, name),
        'unknown-output',
        `${quote(spec.name)} has no output ${quote(output)}`,
        hint,
      );
    }
    checkMessage(step, templates, report);
  }
  if (step.check !== undefined) checkQuestion(step.check, vocabulary, report);
  if (step.undo !== undefined && 'uses' in step.undo) checkCallee(step.undo, vocabulary, report);
  if (step.wait !== undefined && 'until' in step.wait && typeof step.wait.until !== 'string')
    checkQuestion(step.wait.until, vocabulary, report);
}

/** The template that a sending step names, when it names one literally. */
export function messageOf(step: ResolvedStep): string | undefined {
  const message = step.uses?.startsWith('notify.') === true ? step.with?.['message'] : undefined;
  return typeof message === 'string' && !message.includes('${') ? message : undefined;
}

function checkMessage(step: ResolvedStep, templates: StepContext['templates'], report: Report): void {
  const message = messageOf(step);
  if (message === undefined || step.with === undefined || templates === null || templates.has(message))
    return;
  const hint =
    templates.size === 0
      ? 'No file with messages is loaded: list it under `messages`.'
      : suggest(message, [...templates.keys()], 'Messages');
  report.error(placeOf(step.with, 'message'), 'unknown-message', `unknown message ${quote(message)}`, hint);
}

function checkRoles(step: ResolvedStep, { roles, report }: StepContext): void {
  const judge = (role: string | undefined, place: () => ReturnType<typeof placeOf>) => {
    if (role === undefined || roles.includes(role)) return;
    report.error(place(), 'unknown-role', `unknown role ${quote(role)}`, suggest(role, roles, 'Roles'));
  };
  judge(step.role, () => placeOf(step, 'role'));
  const approve: Placed<NonNullable<ResolvedStep['approve']>> | undefined = step.approve;
  if (approve === undefined) return;
  approve.by.forEach((role, index) => judge(role, () => itemPlaceOf(approve, 'by', index)));
  judge(approve.breakGlass, () => placeOf(approve, 'breakGlass'));
}

const filledIn = ['with', 'instruct', 'ask', 'wait'];
const shownAsWritten = ['title', 'why', 'ifFails', 'because', 'evidence'];

function checkTexts(step: ResolvedStep, names: Names, report: Report): void {
  for (const key of filledIn) checkInsertions(nodeOf(step, key), names, report);
  for (const key of shownAsWritten) refuseInsertions(nodeOf(step, key), report);
  if (step.decide !== undefined) {
    checkInsertions(nodeOf(step.decide, 'prompt'), names, report);
    checkInsertions(nodeOf(step.decide, 'suggest'), names, report);
    checkSuggestion(step.decide, report);
    for (const option of Object.values(step.decide.options))
      refuseInsertions(nodeOf(option, 'title'), report);
  }
  // Its own values are known once it has run: when its check and its undo are filled in.
  const after = { ...names, self: knownStep(step) };
  checkInsertions(nodeOf(step, 'check'), after, report);
  checkInsertions(nodeOf(step, 'undo'), after, report);
}

function checkSuggestion(decide: NonNullable<ResolvedStep['decide']>, report: Report): void {
  const options = Object.keys(decide.options);
  const { suggest: suggested } = decide;
  if (options.length < 2) {
    const message = `a decision with ${options.length === 1 ? 'one option' : 'no options'}`;
    report.error(
      keyPlaceOf(decide, 'options'),
      'no-choice',
      message,
      'Give at least two, or write the steps without a decision.',
    );
  }
  if (suggested === undefined || suggested.includes('${') || options.includes(suggested)) return;
  report.error(
    placeOf(decide, 'suggest'),
    'unknown-option',
    `unknown option ${quote(suggested)}`,
    suggest(suggested, options),
  );
}
