/**
 * YAML text → positioned document → diagnostics, or a frozen `Plan`; owns what an action looks like to the language.
 * Promise: pure; every problem of a file is reported at once, with its place; never throws on what somebody wrote.
 */
export * from './action-spec.js';
export * from './plan.js';
