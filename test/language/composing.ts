import { composePlan, type ComposeInput, type Plan } from '../../src/language/index.js';
import { formatDiagnostic } from '../../src/base/index.js';
import * as examples from './examples.js';
import { load } from './reading.js';
import { vocabulary } from './vocabulary.js';

export interface Texts {
  readonly configuration?: string;
  readonly runbook?: string;
  readonly drill?: string | null;
  readonly rubric?: string | null;
  readonly messages?: string;
  readonly before?: string;
  readonly after?: string;
}

/** Composes the worked example, with some of its texts replaced and some of its settings changed. */
export function compose(texts: Texts = {}, settings: Partial<ComposeInput> = {}) {
  const drill = texts.drill === undefined ? examples.drillText : texts.drill;
  const rubric = texts.rubric === undefined ? examples.rubricText : texts.rubric;
  return composePlan({
    configuration: load('Configuration', texts.configuration ?? examples.configurationText, 'firedrill.yaml'),
    runbook: load('Runbook', texts.runbook ?? examples.runbookText),
    drill: drill === null ? null : load('Drill', drill),
    rubric: rubric === null ? null : load('Rubric', rubric),
    messages: [load('Messages', texts.messages ?? examples.messagesText)],
    checklists: {
      before: load('Checklist', texts.before ?? examples.beforeText, 'before.yaml'),
      after: load('Checklist', texts.after ?? examples.afterText, 'after.yaml'),
    },
    vocabulary,
    mode: 'drill',
    unattended: false,
    versions: { tool: '0.1.0', formula: '1', renderer: '2' },
    sources: [],
    ...settings,
  });
}

/** The plan, or a failure that prints why there is none. */
export function planOf(composed: ReturnType<typeof compose>): Plan {
  if (composed.plan === null) throw new Error(composed.diagnostics.map(formatDiagnostic).join('\n'));
  return composed.plan;
}

/** `file:line:column code` of every diagnostic. */
export function filePlaces(composed: ReturnType<typeof compose>): string[] {
  return composed.diagnostics.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`);
}
