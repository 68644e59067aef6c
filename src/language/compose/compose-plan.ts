import { hasErrors, type Diagnostic, type Position } from '../../base/index.js';
import { checkConfiguration } from '../check/check-configuration.js';
import { templatesOf } from '../check/check-document.js';
import { checkRunbook } from '../check/check-runbook.js';
import { checkChecklist, checkDrill, checkMessages, checkRubric } from '../check/other-documents.js';
import type { RunbookDocument } from '../documents/runbook.js';
import { lintRunbook } from '../lint/lint-runbook.js';
import { lintTogether } from '../lint/lint-together.js';
import type { AcceptanceCheck, DetectionSign, Plan } from '../plan.js';
import { placeOf } from '../shape/origin.js';
import { Report, sortDiagnostics } from '../shape/shape.js';
import { quote } from '../shape/words.js';
import { planAnswers } from './answers.js';
import { checkTogether } from './check-together.js';
import type { ComposeInput } from './compose-input.js';
import { defaultRubric } from './default-rubric.js';
import { given } from '../given.js';
import { chooseEnvironment } from './plan-environment.js';
import { planFaults } from './plan-faults.js';
import { planInputs } from './plan-inputs.js';
import { bindPeople } from './plan-people.js';
import { planPhases } from './plan-phases.js';
import { planCall } from './plan-steps.js';

export interface Composed {
  /** Null when anything is wrong. */
  readonly plan: Plan | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Documents → the frozen plan of one run: every reference checked, every default filled in, plain data. Checks all
 * documents by themselves too, so that a caller who has parsed them needs nothing else. What was typed on the command line
 * and is wrong is reported at the runbook or the drill that asked for it.
 */
export function composePlan(input: ComposeInput): Composed {
  const { configuration, runbook, vocabulary, mode, unattended } = input;
  const drill = input.drill ?? null;
  const report = new Report();
  const asked: Position = drill === null ? placeOf(runbook, 'id') : placeOf(drill, 'id');

  const environment = chooseEnvironment(configuration, drill, input.environment, asked, report);
  if (configuration !== null) checkConfiguration(configuration, report);
  if (input.rubric) checkRubric(input.rubric, report);
  if (drill !== null) checkDrill(drill, vocabulary, report);
  for (const messages of input.messages) checkMessages(messages, report);
  for (const checklist of [input.checklists.before, input.checklists.after])
    if (checklist !== undefined) checkChecklist(checklist, vocabulary, report);
  if (environment === undefined) return { plan: null, diagnostics: report.diagnostics };

  const { kind, name } = environment.plan;
  const values = vocabulary.environmentValues[kind];
  const templates = templatesOf(input.messages);
  checkRunbook(runbook, { vocabulary, modes: [mode], environment: values, templates, report });
  if (unattended && (mode === 'live' || kind !== 'lab')) {
    const why = mode === 'live' ? 'a live run' : `environment ${quote(name)}, which is no lab`;
    const hint = 'Declared answers stand for people in labs only: leave `--unattended` out.';
    report.error(environment.position, 'unattended-needs-lab', `unattended is refused for ${why}`, hint);
  }

  const defaults = { mode, unattended, vocabulary };
  const phases = planPhases(runbook, input.checklists, defaults);
  const bound = bindPeople({ runbook, drill, configuration, overrides: input.people ?? {} }, asked, report);
  const plan: Plan = {
    apiVersion: 'firedrill/v1',
    versions: input.versions,
    mode,
    unattended,
    runbook: {
      id: runbook.id,
      title: runbook.title,
      version: runbook.version,
      summary: runbook.summary,
      severity: runbook.severity,
    },
    ...given(
      'drill',
      drill === null
        ? undefined
        : { id: drill.id, title: drill.title, ...given('scheduled', drill.scheduled) },
    ),
    objectives: objectivesOf(runbook),
    roles: runbook.roles,
    people: bound.people,
    ...given('observer', bound.observer),
    inputs: planInputs(runbook, drill, input.inputs ?? {}, values, asked, report),
    environment: environment.plan,
    ...given('load', drill?.load),
    detection: detectionOf(runbook),
    ...given('acceptance', acceptanceOf(runbook)),
    phases,
    faults: planFaults(drill, runbook, environment, report),
    answers: planAnswers(drill?.answers, phases, unattended, asked, report),
    messages: [...templates.values()],
    rubric: input.rubric ? rubricOf(input.rubric) : defaultRubric,
    sources: input.sources,
    ...given('earlier', input.earlier),
  };
  checkTogether(input, phases, values, report);
  lintTogether(input, plan, environment, report);
  const diagnostics = sortDiagnostics([...report.diagnostics, ...lintRunbook(runbook, vocabulary, [mode])]);
  // Written out and read in again: what the documents remember of their places is no part of a plan.
  return { plan: hasErrors(diagnostics) ? null : (JSON.parse(JSON.stringify(plan)) as Plan), diagnostics };
}

function objectivesOf({ objectives }: RunbookDocument): Plan['objectives'] {
  return { rtoMs: objectives.rto, rpoMs: objectives.rpo, ...given('expectedMs', objectives.expected) };
}

function detectionOf(runbook: RunbookDocument): DetectionSign[] {
  return (runbook.detection ?? []).map((sign, index) => ({
    id: sign.id ?? `sign-${index + 1}`,
    sign: sign.sign,
    ...given('check', sign.check === undefined ? undefined : planCall(sign.check)),
  }));
}

function acceptanceOf({ acceptance }: RunbookDocument): Plan['acceptance'] {
  if (acceptance === undefined) return undefined;
  const checks = acceptance.checks.map((one): AcceptanceCheck => ({
    id: one.id,
    call: planCall(one),
    critical: one.critical,
    weight: one.weight,
  }));
  return { holdMs: acceptance.hold, checks };
}

function rubricOf({
  id,
  title,
  version,
  categories,
  caps,
}: NonNullable<ComposeInput['rubric']>): Plan['rubric'] {
  return {
    id,
    title,
    version,
    categories: categories.map(({ key, title: name, weight }) => ({ key, title: name, weight })),
    caps,
  };
}
