import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../base/index.js';
import { endProcess } from './end-process.js';
import { isAlive, processIdentity, type ProcessIdentity } from './process-identity.js';

/** Which children of this engine live, noted as files so that they can be found after the engine was killed. */
export interface ChildRegistry {
  note(child: ProcessIdentity, what: string): void;
  forget(child: ProcessIdentity): void;
}

interface Note {
  readonly child: ProcessIdentity;
  readonly engine: ProcessIdentity;
  readonly what: string;
}

export function childRegistry(directory: string): ChildRegistry {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const engine = processIdentity(process.pid);
  const path = (child: ProcessIdentity) => join(directory, `${child.pid}-${fileSafe(child.startTicks)}.json`);
  return {
    note: (child, what) => writeFileSync(path(child), JSON.stringify({ child, engine, what })),
    forget: (child) => rmSync(path(child), { force: true }),
  };
}

let current: ChildRegistry | null = null;

/** From now on every child of `runChild` in this process is noted there; returns how to stop. */
export function noteChildrenIn(directory: string): () => void {
  const mine = childRegistry(directory);
  current = mine;
  return () => {
    if (current === mine) current = null;
  };
}

export function currentRegistry(): ChildRegistry | null {
  return current;
}

/** Ends the children that a dead engine left, with their process groups; returns what each of those still alive was. */
export async function endOrphans(directory: string): Promise<string[]> {
  const ended: string[] = [];
  for (const file of listNotes(directory)) {
    const note = readNote(join(directory, file));
    if (note !== null && isAlive(note.engine)) continue;
    if (note !== null && isAlive(note.child)) {
      await endProcess(note.child, { group: true });
      ended.push(`${note.what} (process ${note.child.pid})`);
    }
    rmSync(join(directory, file), { force: true });
  }
  return ended;
}

function listNotes(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

/** Null for a note that a crash cut short: it names nothing that could be signalled. */
function readNote(path: string): Note | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isJsonObject(value) && isJsonObject(value['child']) && isJsonObject(value['engine'])
      ? (value as unknown as Note)
      : null;
  } catch {
    return null;
  }
}

function fileSafe(text: string): string {
  return text.replace(/[^0-9A-Za-z]+/g, '-');
}
