import type { Vocabulary } from '../action-spec.js';
import { resolveStep, type ResolvedStep } from '../check/resolve-step.js';
import type { CallDocument } from '../documents/call.js';
import type { FieldDocument } from '../documents/step-forms.js';
import type { StepDocument } from '../documents/step.js';
import type { ActionCall, Effect, Field, Mode, Step, WaitStep } from '../plan.js';
import { placeOf } from '../shape/origin.js';
import { given } from '../given.js';

export interface StepDefaults {
  readonly mode: Mode;
  readonly unattended: boolean;
  readonly vocabulary: Vocabulary;
}

/** Resolves steps for one mode and fills in every default. */
export function planSteps(steps: readonly StepDocument[], defaults: StepDefaults): Step[] {
  return steps.map((step) => planStep(resolveStep(step, defaults.mode), defaults));
}

function planStep(step: ResolvedStep, defaults: StepDefaults): Step {
  const spec = step.uses === undefined ? undefined : defaults.vocabulary.actions.get(step.uses);
  const common = commonOf(step, step.effect ?? spec?.effect ?? effectOf(step), defaults);
  if (step.uses !== undefined) {
    const call: ActionCall = { uses: step.uses, with: step.with ?? {} };
    return { ...common, form: 'uses', call, destroys: spec?.destroys ?? false };
  }
  if (step.ask !== undefined) {
    const fields = Object.fromEntries(
      Object.entries(step.ask).map(([name, field]) => [name, planField(field)]),
    );
    return { ...common, form: 'ask', fields };
  }
  if (step.decide !== undefined) {
    const options = Object.entries(step.decide.options).map(([id, option]) => ({
      id,
      title: option.title,
      steps: planSteps(option.steps, defaults),
    }));
    return {
      ...common,
      form: 'decide',
      prompt: step.decide.prompt,
      ...given('suggest', step.decide.suggest),
      options,
    };
  }
  if (step.wait !== undefined) return { ...common, form: 'wait', until: untilOf(step.wait) };
  if (step.parallel !== undefined)
    return { ...common, form: 'parallel', steps: planSteps(step.parallel.steps, defaults) };
  return { ...common, form: 'instruct', text: step.instruct ?? step.title };
}

/** Asking, waiting and joining change nothing; what a person did may not be done twice. */
function effectOf(step: ResolvedStep): Effect {
  return step.wait !== undefined || step.parallel !== undefined ? 'read' : 'once';
}

function commonOf(step: ResolvedStep, effect: Effect, { unattended }: StepDefaults) {
  const { undo, due } = step;
  return {
    id: step.id,
    title: step.title,
    position: placeOf(step),
    ...given('why', step.why),
    ...given('ifFails', step.ifFails),
    ...given('role', step.role),
    ...given('targetMs', step.target),
    ...given('timeoutMs', step.timeout),
    onTimeout: step.onTimeout ?? 'remind',
    ...given('when', step.when),
    effect,
    retry: { attempts: step.retry?.attempts ?? 1, backoffMs: step.retry?.backoff ?? 0 },
    ...given('check', step.check === undefined ? undefined : planCall(step.check)),
    ...given('undo', undo === undefined ? undefined : 'uses' in undo ? planCall(undo) : { none: undo.none }),
    onFailure: step.onFailure ?? (unattended ? 'stop' : 'ask'),
    ...given('because', step.because),
    ...given('approve', step.approve),
    saves: step.saves ?? {},
    ...given('marks', step.marks),
    ...given('due', due === undefined ? undefined : { withinMs: due.within, of: due.of }),
    evidence: step.evidence ?? [],
    overridden: step.overridden,
  } as const;
}

export function planCall(call: CallDocument): ActionCall {
  return { uses: call.uses, with: call.with ?? {}, ...given('expect', call.expect) };
}

function planField(field: FieldDocument): Field {
  const { prompt } = field;
  if ('choice' in field) return { kind: 'choice', prompt, options: field.choice };
  if ('text' in field) return { kind: 'text', prompt, maxLength: field.text.max };
  if ('number' in field)
    return { kind: 'number', prompt, ...given('min', field.number.min), ...given('max', field.number.max) };
  return { kind: 'time' in field ? 'time' : 'confirm', prompt };
}

function untilOf(wait: NonNullable<ResolvedStep['wait']>): WaitStep['until'] {
  if ('for' in wait) return { kind: 'duration', ms: wait.for };
  if (wait.until === 'acceptance') return { kind: 'acceptance', everyMs: wait.every };
  return { kind: 'check', call: planCall(wait.until), everyMs: wait.every };
}

/** All steps, those inside decisions and parallel blocks too, in written order. */
export function flattenSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => {
    if (step.form === 'decide')
      return [step, ...step.options.flatMap((option) => flattenSteps(option.steps))];
    if (step.form === 'parallel') return [step, ...flattenSteps(step.steps)];
    return [step];
  });
}
