/**
 * The pure core of a run: entries, the state they fold to, and what should happen next.
 * Promise: no clock, file, process or network; the same entries always give the same state and the same decision.
 */
export { undoable } from './admit-undo.js';
export * from './admission.js';
export * from './admit.js';
export * from './clocks.js';
export * from './command-key.js';
export * from './command.js';
export * from './decide.js';
export * from './entry.js';
export { eventTypes, isEventType } from './event-types.js';
export * from './everybody.js';
export * from './evolve.js';
export * from './facts.js';
export * from './feed.js';
export * from './field-value.js';
export * from './form-field.js';
export * from './initial-state.js';
export * from './plan-index.js';
export * from './progress.js';
export * from './prompt-form.js';
export * from './prompt-input.js';
export { olderBackupOnly, protectionGap, standbyGap } from './protection.js';
export * from './retry.js';
export * from './scope.js';
export * from './state.js';
export * from './step-list.js';
export * from './stopping.js';
export * from './tell-words.js';
export * from './tell.js';
export * from './told.js';
export * from './under-way.js';
export { promptWords } from './tell-people.js';
