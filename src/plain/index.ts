/**
 * The views of a run without a screen: one timestamped line or one JSON object an event, and answers typed as lines.
 * Promise: tells the same story as the screen, acts on the run only through what a person types, and never at the end of input.
 */
export * from './answer-from-lines.js';
export * from './show-json.js';
export * from './show-plain.js';
