import { list } from '../shape/collections.js';
import { text, wholeNumber } from '../shape/scalars.js';

/**
 * A program and its arguments; never a line for a shell. Every command of a declared environment runs in the programme's folder,
 * as a child with a time limit, and finds who it is called for in `FIREDRILL_…` variables; never a secret, in neither.
 */
export const argv = list(text(1000), 1);
export const host = text(255);
export const port = wholeNumber(1, 65_535);
