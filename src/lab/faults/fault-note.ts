import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isJsonObject, type JsonObject } from '../../base/index.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';

/** What one injection is about to do and has done, on disk, so that taking it up again does nothing twice. */
export interface FaultNote {
  read(): JsonObject | null;
  write(value: JsonObject): void;
}

/** The note of the injection with this id. Throws `invalid` for an id that is no file name. */
export function faultNote(lab: Lab, id: string): FaultNote {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
    throw new Failure('invalid', `fault id '${id}' is no file name`);
  const file = join(lab.paths.faults, `${id}.json`);
  return {
    read: () => {
      if (!existsSync(file)) return null;
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (isJsonObject(value)) return value;
      throw new Failure('refused', `${file} is not the note of a fault`);
    },
    write: (value) => writeDurably(file, `${JSON.stringify(value, null, 2)}\n`),
  };
}
