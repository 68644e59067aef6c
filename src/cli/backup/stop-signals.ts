import { Failure } from '../../base/index.js';
import { Exit } from '../exit.js';

/**
 * Runs work that the first Ctrl-C or SIGTERM cancels: it cleans up and ends with the exit code of the signal. A second one ends the
 * program at once. A terminal that goes away stops nothing: a backup or a restore under way goes on.
 */
export async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const caught: { by?: NodeJS.Signals } = {};
  const onStop = (by: NodeJS.Signals): void => {
    if (caught.by !== undefined) process.exit(by === 'SIGTERM' ? 143 : 130);
    caught.by = by;
    controller.abort();
  };
  const ignore = (): void => undefined;
  process.on('SIGINT', onStop).on('SIGTERM', onStop).on('SIGHUP', ignore);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Only what the signal caused: a failure of its own keeps its own code.
    const cancelled = error instanceof Failure && error.reason === 'cancelled';
    if (caught.by === 'SIGTERM' && cancelled) throw new Exit('terminated', error.message, error.hint);
    throw error;
  } finally {
    process.off('SIGINT', onStop).off('SIGTERM', onStop).off('SIGHUP', ignore);
  }
}
