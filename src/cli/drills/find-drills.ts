import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatDiagnostic } from '../../base/index.js';
import { parseFile } from '../parse-file.js';
import { readOrRefuse } from '../programme-loader.js';

/** A drill of the programme as its file says. */
export interface FoundDrill {
  /** Relative to the programme, as one would type it. */
  readonly file: string;
  readonly title: string;
  /** When it is planned for, as written; null where nobody planned it. */
  readonly scheduled: string | null;
  /** Why the file cannot be read as a drill; null when it can. */
  readonly problem: string | null;
}

/** Sabotage of the recovery: drills that are meant to go wrong lie apart. */
export const sabotageFolder = 'drills/sabotage';

/**
 * The drills in a folder of the programme, by name. Other kinds of document are passed over; what cannot be told to be one of
 * them is listed with its problem, so that no drill gets lost by a typing error.
 */
export function findDrills(directory: string, folder = 'drills'): FoundDrill[] {
  const place = join(directory, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .flatMap((name) => readDrill(directory, `${folder}/${name}`));
}

function readDrill(directory: string, file: string): FoundDrill[] {
  const parsed = parseFile(file, readOrRefuse(join(directory, file), file));
  if (parsed.kind !== null && parsed.kind !== 'Drill') return [];
  if (parsed.kind === 'Drill' && parsed.document !== null) {
    const { title, scheduled = null } = parsed.document;
    return [{ file, title, scheduled, problem: null }];
  }
  const [first] = parsed.diagnostics;
  const problem = first === undefined ? 'it is no document of a known kind' : formatDiagnostic(first);
  return [{ file, title: file, scheduled: null, problem }];
}
