import type { SequenceValues } from './sequence-values.js';

/**
 * Kinds of objects; each object by name with its attributes, as `attribute:digest; …`, a digest being the first 16 hex digits of the
 * value's SHA-256. Never a value: definitions may be long, and some are secret.
 */
export interface Structure {
  readonly [kind: string]: { readonly [name: string]: string };
}

/** Index, as in SQL, and the statement that makes it: what is made anew from its table needs no backup but this. */
export interface IndexDefinitions {
  readonly [index: string]: string;
}

export interface StructureSummary {
  readonly [database: string]: {
    readonly [kind: string]: { readonly objects: number; readonly sha256: string };
  };
}

/** Detail of the structure, a file of the set beside the manifest. */
export const structureFileName = 'structure.json';

export interface StructureFile {
  readonly databases: { readonly [database: string]: Structure };
  readonly sequences: { readonly [database: string]: SequenceValues };
  /** Absent in sets of earlier versions. */
  readonly indexes?: { readonly [database: string]: IndexDefinitions };
}
