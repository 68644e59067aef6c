import { fstatSync, readdirSync } from 'node:fs';

/** Commands that run an engine for minutes or hours beside the servers that it recovers. */
const longRunning = ['drill', 'run', 'resume'];

/**
 * What glibc's malloc reads when a process starts, and only then (mallopt(3)): few arenas, and large blocks given back to the system when
 * they are freed. Without these, blocks that were freed stay between others that were not, and a drill comes to hold 60 MB of nothing.
 */
const allocator = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** Says that the settings are ours, so that the servers and tools that the engine starts do not inherit them. */
const marker = 'FIREDRILL_ALLOCATOR';

/**
 * Begins the program again, in the same process, with an allocator that gives memory back; returns in the program that was begun. Where
 * somebody has chosen settings of their own, or handed us what would be lost, the program goes on as it is: it works, in more memory.
 */
export function tightenMemory(words: readonly string[]): void {
  if (process.env[marker] !== undefined) {
    for (const name of [marker, ...Object.keys(allocator)]) Reflect.deleteProperty(process.env, name);
    return;
  }
  if (process.platform !== 'linux' || !longRunning.some((command) => words.includes(command))) return;
  if (Object.keys(allocator).some((name) => process.env[name] !== undefined) || holdsSomethingOfOthers())
    return;
  // Newer than the oldest Node that firedrill runs on.
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    ...allocator,
    [marker]: 'own',
  });
}

/**
 * Node closes what it was handed beside input and output as another program begins: with a file the lock on it would go that somebody
 * took around us (flock), and a parent's channel would break.
 */
function holdsSomethingOfOthers(): boolean {
  if (process.channel !== undefined) return true;
  try {
    return readdirSync('/proc/self/fd').some((name) => Number(name) > 2 && isFile(Number(name)));
  } catch {
    return true;
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    // The folder itself, closed again.
    return false;
  }
}
