/**
 * The terminal screen of a run.
 * Promise: sees a run only through its feed and acts on it only through what a person types; it can die, and lose its terminal,
 * without touching the run; it leaves the terminal as it found it.
 */
export { runTui, type Tui, type TuiExit, type TuiOptions } from './run-tui.js';
export { canShowScreen } from './terminal.js';
