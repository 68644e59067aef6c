import { required } from '../shape/object.js';
import { exactly } from '../shape/collections.js';
import { id, text, version } from '../shape/scalars.js';

export const apiVersion = 'firedrill/v1';
export const documentKinds = [
  'Runbook',
  'Drill',
  'Rubric',
  'Configuration',
  'Checklist',
  'Messages',
] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** The two keys that every document begins with. */
export function header<const K extends DocumentKind>(kind: K) {
  return {
    apiVersion: required(exactly(apiVersion), 'Version of the language: firedrill/v1.'),
    kind: required(exactly(kind), 'What the document is.'),
  };
}

/** The keys that name a document. */
export const naming = {
  id: required(id, 'Stable name: lower-case words joined by hyphens, never reused.'),
  title: required(text(200), 'What people call it.'),
};

export const versioned = { version: required(version, 'Three numbers, raised with every change: 1.0.0.') };
