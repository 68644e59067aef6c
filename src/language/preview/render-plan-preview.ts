import { formatDuration, type JsonObject } from '../../base/index.js';
import type { Vocabulary } from '../action-spec.js';
import type { EnvironmentPlan, Phase, Plan } from '../plan.js';
import { callLines } from './call-lines.js';
import { stepLines } from './step-lines.js';

/**
 * What `firedrill plan` prints: all that would be done, by whom and why, and the very commands and statements. Pure text,
 * one line an item; what only the run knows stands as `<…>`.
 */
export function renderPlanPreview(plan: Plan, everywhere: Vocabulary): string[] {
  const vocabulary = inEnvironment(everywhere, plan.environment);
  return [
    ...headLines(plan),
    ...faultLines(plan, vocabulary),
    ...detectionLines(plan, vocabulary),
    ...acceptanceLines(plan, vocabulary),
    ...plan.phases.flatMap((phase) => phaseLines(phase, plan, vocabulary)),
    ...messageLines(plan),
  ];
}

/** Each action shows what it does in this very environment. */
function inEnvironment(vocabulary: Vocabulary, environment: EnvironmentPlan): Vocabulary {
  const actions = [...vocabulary.actions].map(
    ([name, spec]) =>
      [name, { ...spec, preview: (args: JsonObject) => spec.preview(args, environment) }] as const,
  );
  return { ...vocabulary, actions: new Map(actions) };
}

function headLines(plan: Plan): string[] {
  const { runbook, drill, objectives, environment, observer } = plan;
  const who = (role: string) => (Object.hasOwn(plan.people, role) ? plan.people[role] : undefined);
  const expected =
    objectives.expectedMs === undefined ? '' : `, expected ${formatDuration(objectives.expectedMs)}`;
  const unattended = plan.unattended ? ', unattended: declared answers' : '';
  return [
    `${plan.mode === 'live' ? 'LIVE' : 'DRILL'}: ${drill?.title ?? runbook.title}${unattended}`,
    `  runbook      ${runbook.id} ${runbook.version}, ${runbook.severity}: ${runbook.summary}`,
    `  environment  ${environment.name} (${environment.kind})`,
    `  objectives   RTO ${formatDuration(objectives.rtoMs)}, RPO ${formatDuration(objectives.rpoMs)}${expected}`,
    ...(plan.load === undefined ? [] : [`  load         ${plan.load.writesPerSecond} writes a second`]),
    ...Object.entries(plan.inputs).map(
      ([name, value]) =>
        `  input        ${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...Object.entries(plan.roles).map(([role, { title }]) => {
      const person = who(role);
      const contact = person?.contact === undefined ? '' : `, ${person.contact}`;
      return `  role         ${title} (${role}): ${person === undefined ? 'nobody yet' : `${person.name}${contact}`}`;
    }),
    ...(observer === undefined ? [] : [`  observer     ${observer.name}`]),
    '',
  ];
}

function faultLines(plan: Plan, vocabulary: Vocabulary): string[] {
  if (plan.faults.length === 0) return [];
  const lines = ['Faults'];
  for (const fault of plan.faults) {
    const spec = vocabulary.faults.get(fault.inject);
    const delay = fault.after.delayMs === 0 ? '' : `${formatDuration(fault.after.delayMs)} after `;
    const when = `${delay}the ${fault.after.phase === 'start' ? 'start' : `beginning of phase ${fault.after.phase}`}`;
    lines.push(
      `  ${fault.id}${fault.sabotage ? ' (sabotage of the recovery)' : ''}, ${when}: ${spec?.describe(fault.with) ?? fault.inject}`,
    );
    for (const line of spec?.preview(fault.with) ?? []) lines.push(`      ${line}`);
  }
  return [...lines, ''];
}

function detectionLines(plan: Plan, vocabulary: Vocabulary): string[] {
  if (plan.detection.length === 0) return [];
  const lines = ['Detection'];
  for (const sign of plan.detection) {
    lines.push(`  ${sign.sign}${sign.check === undefined ? ' (seen by people)' : ''}`);
    if (sign.check !== undefined) lines.push(...callLines('check', sign.check, vocabulary, '    '));
  }
  return [...lines, ''];
}

function acceptanceLines(plan: Plan, vocabulary: Vocabulary): string[] {
  if (plan.acceptance === undefined) return [];
  const lines = [`Acceptance: all green for ${formatDuration(plan.acceptance.holdMs)} without a break`];
  for (const check of plan.acceptance.checks) {
    lines.push(`  ${check.id}${check.critical ? ' (critical)' : ''}, weight ${check.weight}`);
    lines.push(...callLines('check', check.call, vocabulary, '    '));
  }
  return [...lines, ''];
}

const stageNames = { before: 'Before', response: 'Phase', always: 'Always', after: 'After' } as const;

function phaseLines(phase: Phase, plan: Plan, vocabulary: Vocabulary): string[] {
  const target = phase.targetMs === undefined ? '' : `, target ${formatDuration(phase.targetMs)}`;
  return [
    `${stageNames[phase.stage]}: ${phase.title} (${phase.id})${target}`,
    ...phase.steps.flatMap((step) => stepLines(step, plan, vocabulary, '  ')),
    '',
  ];
}

function messageLines(plan: Plan): string[] {
  if (plan.messages.length === 0) return [];
  const lines = plan.messages.map(
    (one) => `  ${one.id}, to ${one.audience}${one.required ? '' : ', not required'}: ${one.subject}`,
  );
  return ['Messages', ...lines, ''];
}
