import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';

/** What a fault has done so far; durable before anything is done, so that an injection taken up again does nothing twice. */
export interface KeptTruth<T> {
  /** Null: nothing was begun under this id. */
  read(): T | null;
  write(truth: T): T;
}

/** Throws `invalid` for an id that is no file name. */
export function keptTruth<T>(lab: Lab, id: string): KeptTruth<T> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
    throw new Failure('invalid', `fault id '${id}' is no file name`);
  const file = join(lab.paths.faults, `${id}.json`);
  return {
    read: () => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null),
    write: (truth) => {
      writeDurably(file, `${JSON.stringify(truth, null, 2)}\n`);
      return truth;
    },
  };
}

/** The fields of a truth as the journal keeps them. */
export function asGroundTruth(truth: object): JsonObject {
  return JSON.parse(JSON.stringify(truth)) as JsonObject;
}
