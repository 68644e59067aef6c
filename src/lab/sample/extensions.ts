import type { SamplePart } from './statements.js';

/** `citext` belongs to the application; the others let damage be looked for without installing anything in an emergency. */
export const extensions: SamplePart = {
  title: 'extensions',
  statements: [
    'create extension citext',
    'create extension amcheck',
    'create extension pg_buffercache',
    'create schema firedrill',
  ],
};
