/**
 * YAML text → positioned document → diagnostics, or a frozen `Plan`; owns what an action looks like to the language.
 * Promise: pure; every problem of a file is reported at once, with its place; never throws on what somebody wrote.
 */
export * from './action-spec.js';
export * from './plan.js';
export { checkDocument } from './check/check-document.js';
export type { ComposeInput } from './compose/compose-input.js';
export { composePlan, type Composed } from './compose/compose-plan.js';
export { defaultRubric } from './compose/default-rubric.js';
export { flattenSteps } from './compose/plan-steps.js';
export { promptsOf, type Prompt, type PromptForm } from './compose/prompts.js';
export type { PolicyDocument } from './documents/backups.js';
export type { ChecklistDocument } from './documents/checklist.js';
export type {
  ChannelDocument,
  ConfigurationDocument,
  EnvironmentDocument,
} from './documents/configuration.js';
export type { DrillDocument } from './documents/drill.js';
export type { DeclaredEnvironment, LabEnvironment } from './documents/environments.js';
export { apiVersion, documentKinds, type DocumentKind } from './documents/header.js';
export type { MessagesDocument } from './documents/messages.js';
export {
  parseDocument,
  schemaFor,
  type Parsed,
  type ParsedDocument,
  type Unrecognised,
} from './documents/parse-document.js';
export type { RubricDocument } from './documents/rubric.js';
export type { RunbookDocument } from './documents/runbook.js';
export type { StepDocument } from './documents/step.js';
export type { LocalStoreDocument, S3StoreDocument, StoreDocument } from './documents/stores.js';
export { structuralLossMs } from './lint/lint-policies.js';
export { lintRunbook } from './lint/lint-runbook.js';
export { findPlaceholders, type FoundPlaceholder } from './lint/find-placeholders.js';
export { isPlaceholder } from './lint/placeholders.js';
export { renderPlanPreview } from './preview/render-plan-preview.js';
export { promoteWarnings } from './promote-warnings.js';
export {
  actionModulesNamedBy,
  messagesNamedBy,
  referencesOf,
  type DrillReferences,
  type Reference,
} from './references.js';
export { maxSourceBytes, type Source } from './yaml/source-text.js';
