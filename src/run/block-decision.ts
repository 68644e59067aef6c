import type { Step } from '../language/index.js';
import type { Command } from './command.js';

/** How far steps that follow each other have come. */
export type BlockDecision =
  /** Not at its end: an empty list of commands waits for something from outside. */
  | { readonly status: 'open'; readonly commands: Command[] }
  | { readonly status: 'done' }
  | { readonly status: 'failed'; readonly step: Step };
