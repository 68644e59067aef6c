import type { Diagnostic, JsonObject } from '../../base/index.js';
import type { Vocabulary } from '../action-spec.js';
import type { MessagesDocument, TemplateDocument } from '../documents/messages.js';
import type { ParsedDocument } from '../documents/parse-document.js';
import { Report } from '../shape/shape.js';
import { checkConfiguration } from './check-configuration.js';
import { checkCallsOnly, checkRunbook, type RunbookCheck } from './check-runbook.js';
import { checkChecklist, checkDrill, checkMessages, checkRubric } from './other-documents.js';

/**
 * The second pass over one document by itself: references, actions and arguments. Of a runbook whose shape is not right
 * only its calls are judged, so that nothing follows from a step that could not be read.
 */
export function checkDocument(
  parsed: ParsedDocument,
  vocabulary: Vocabulary,
  messages: readonly MessagesDocument[] | null = null,
): readonly Diagnostic[] {
  const report = new Report();
  switch (parsed.kind) {
    case 'Runbook': {
      const templates = messages === null ? null : templatesOf(messages);
      const environment = everyEnvironment(vocabulary);
      const check: RunbookCheck = {
        vocabulary,
        modes: ['drill', 'live'],
        environment,
        templates,
        report,
      };
      if (parsed.document !== null) checkRunbook(parsed.document, check);
      else if (parsed.readable !== null) checkCallsOnly(parsed.readable, check);
      break;
    }
    case 'Drill':
      if (parsed.readable !== null) checkDrill(parsed.readable, vocabulary, report);
      break;
    case 'Rubric':
      if (parsed.document !== null) checkRubric(parsed.document, report);
      break;
    case 'Configuration':
      if (parsed.document !== null) checkConfiguration(parsed.document, report);
      break;
    case 'Checklist':
      if (parsed.readable !== null) checkChecklist(parsed.readable, vocabulary, report);
      break;
    case 'Messages':
      if (parsed.readable !== null) checkMessages(parsed.readable, report);
      break;
    case null:
      break;
  }
  return report.diagnostics;
}

/** All templates by id; of twins, which are reported elsewhere, the first. */
export function templatesOf(messages: readonly MessagesDocument[]): ReadonlyMap<string, TemplateDocument> {
  const all = messages.flatMap((document) => document.messages);
  return new Map(all.reverse().map((template) => [template.id, template]));
}

/** Without an environment at hand a name may be one of any kind's. */
export function everyEnvironment(vocabulary: Vocabulary): JsonObject {
  return { ...vocabulary.environmentValues.declared, ...vocabulary.environmentValues.lab };
}
