import { formatDuration } from '../../base/index.js';
import type { Vocabulary } from '../action-spec.js';
import type { Condition, Field, Plan, Step } from '../plan.js';
import { callLines } from './call-lines.js';

/** A step: title and owner, then what is done, why, how it is checked, taken back, approved. */
export function stepLines(step: Step, plan: Plan, vocabulary: Vocabulary, indent: string): string[] {
  const person =
    step.role !== undefined && Object.hasOwn(plan.people, step.role) ? plan.people[step.role] : undefined;
  const by =
    step.role === undefined ? '' : ` by ${step.role}${person === undefined ? '' : `, ${person.name}`}`;
  const inner = `${indent}    `;
  return [
    `${indent}- ${step.id}: ${step.title}${by}`,
    ...(step.overridden.length === 0
      ? []
      : [`${inner}overridden for ${plan.mode}: ${step.overridden.join(', ')}`]),
    ...(step.why === undefined ? [] : [`${inner}why: ${step.why}`]),
    ...(step.when === undefined ? [] : [`${inner}when: ${conditionText(step.when)}`]),
    ...approvalLines(step, inner),
    ...formLines(step, plan, vocabulary, inner),
    ...(step.check === undefined ? [] : callLines('check', step.check, vocabulary, inner)),
    ...undoLines(step, vocabulary, inner),
    ...settingLines(step, inner),
    ...(step.ifFails === undefined ? [] : [`${inner}if it fails: ${step.ifFails}`]),
  ];
}

function formLines(step: Step, plan: Plan, vocabulary: Vocabulary, indent: string): string[] {
  switch (step.form) {
    case 'uses':
      return callLines(step.destroys ? 'does (can destroy data)' : 'does', step.call, vocabulary, indent);
    case 'ask':
      return Object.entries(step.fields).map(
        ([name, field]) => `${indent}asks: ${name} (${fieldText(field)}): ${field.prompt}`,
      );
    case 'instruct':
      return step.text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line, index) => `${indent}${index === 0 ? 'task: ' : '      '}${line}`);
    case 'wait': {
      const { until } = step;
      if (until.kind === 'duration') return [`${indent}waits: ${formatDuration(until.ms)}`];
      const often = `every ${formatDuration(until.everyMs)}`;
      if (until.kind === 'acceptance') return [`${indent}waits: until the service is accepted, ${often}`];
      return callLines(`waits, ${often}, until`, until.call, vocabulary, indent);
    }
    case 'parallel':
      return [
        `${indent}side by side:`,
        ...step.steps.flatMap((one) => stepLines(one, plan, vocabulary, `${indent}  `)),
      ];
    case 'decide':
      return [
        `${indent}decides: ${step.prompt}${step.suggest === undefined ? '' : ` (suggested: ${step.suggest})`}`,
        ...step.options.flatMap((option) => [
          `${indent}  option ${option.id}: ${option.title}`,
          ...option.steps.flatMap((one) => stepLines(one, plan, vocabulary, `${indent}    `)),
        ]),
      ];
  }
}

function fieldText(field: Field): string {
  if (field.kind === 'choice') return field.options.join(' | ');
  if (field.kind === 'text') return `text of up to ${field.maxLength} characters`;
  if (field.kind !== 'number') return field.kind;
  const limits = [
    field.min === undefined ? '' : `from ${field.min}`,
    field.max === undefined ? '' : `to ${field.max}`,
  ];
  return ['number', ...limits.filter((limit) => limit !== '')].join(' ');
}

function approvalLines({ approve }: Step, indent: string): string[] {
  if (approve === undefined) return [];
  const not = approve.not === undefined ? '' : ', not by who carries it out';
  const glass =
    approve.breakGlass === undefined ? '' : `; ${approve.breakGlass} may go on alone with a reason`;
  return [`${indent}approval: by ${approve.by.join(' or ')}${not}${glass}`];
}

function undoLines({ undo }: Step, vocabulary: Vocabulary, indent: string): string[] {
  if (undo === undefined) return [];
  return 'none' in undo ? [`${indent}undo: none, ${undo.none}`] : callLines('undo', undo, vocabulary, indent);
}

function settingLines(step: Step, indent: string): string[] {
  const parts: string[] = [];
  if (step.form === 'uses') parts.push(`after a crash: ${afterCrash[step.effect]}`);
  if (step.targetMs !== undefined) parts.push(`target ${formatDuration(step.targetMs)}`);
  if (step.timeoutMs !== undefined)
    parts.push(
      `timeout ${formatDuration(step.timeoutMs)}, then ${step.form === 'uses' || step.form === 'wait' ? 'it fails' : step.onTimeout}`,
    );
  if (step.retry.attempts > 1)
    parts.push(`up to ${step.retry.attempts} attempts, ${formatDuration(step.retry.backoffMs)} apart`);
  if (step.form === 'uses')
    parts.push(`on failure: ${step.onFailure}${step.because === undefined ? '' : ` (${step.because})`}`);
  if (step.due !== undefined) parts.push(`due within ${formatDuration(step.due.withinMs)} of ${step.due.of}`);
  if (step.marks !== undefined) parts.push(`marks ${step.marks}`);
  const saves = Object.entries(step.saves).map(([name, output]) => `${name} (${output})`);
  if (saves.length > 0) parts.push(`saves ${saves.join(', ')}`);
  if (step.evidence.length > 0) parts.push(`evidence: ${step.evidence.join(', ')}`);
  return parts.length === 0 ? [] : [`${indent}${parts.join('; ')}`];
}

const afterCrash = { read: 'run again', idempotent: 'run again', once: 'only after asking' } as const;

export function conditionText(condition: Condition): string {
  if ('step' in condition) return `step ${condition.step} ${condition.is}`;
  if ('answer' in condition) return `answer ${condition.answer} is ${JSON.stringify(condition.equals)}`;
  if ('not' in condition) return `not (${conditionText(condition.not)})`;
  const [inner, joint] = 'all' in condition ? [condition.all, ' and '] : [condition.any, ' or '];
  return inner
    .map((one) => ('step' in one || 'answer' in one ? conditionText(one) : `(${conditionText(one)})`))
    .join(joint);
}
