import type { Position } from '../base/index.js';
import type { ConfigurationDocument } from './documents/configuration.js';
import type { DrillDocument } from './documents/drill.js';
import type { RunbookDocument } from './documents/runbook.js';
import { itemPlaceOf, placeOf } from './shape/origin.js';

/** A file that a document names, relative to the folder of that document, and where it does. */
export interface Reference {
  readonly path: string;
  readonly position: Position;
}

export interface DrillReferences {
  readonly runbook: Reference;
  readonly rubric: Reference | null;
  readonly checklists: { readonly before: Reference | null; readonly after: Reference | null };
  readonly messages: readonly Reference[];
}

/** What has to be read before a drill can be composed; the runbook names further messages. */
export function referencesOf(drill: DrillDocument): DrillReferences {
  const { rubric, checklists } = drill;
  const checklist = (which: 'before' | 'after'): Reference | null => {
    const path = checklists?.[which];
    return checklists === undefined || path === undefined
      ? null
      : { path, position: placeOf(checklists, which) };
  };
  return {
    runbook: { path: drill.runbook, position: placeOf(drill, 'runbook') },
    rubric: rubric === undefined ? null : { path: rubric, position: placeOf(drill, 'rubric') },
    checklists: { before: checklist('before'), after: checklist('after') },
    messages: messagesNamedBy(drill),
  };
}

/** The message files that a runbook or a drill names. */
export function messagesNamedBy(document: RunbookDocument | DrillDocument): readonly Reference[] {
  return (document.messages ?? []).map((path, index) => ({
    path,
    position: itemPlaceOf(document, 'messages', index),
  }));
}

/** The modules with actions that the configuration names. */
export function actionModulesNamedBy(configuration: ConfigurationDocument): readonly Reference[] {
  return (configuration.actions ?? []).map((path, index) => ({
    path,
    position: itemPlaceOf(configuration, 'actions', index),
  }));
}
