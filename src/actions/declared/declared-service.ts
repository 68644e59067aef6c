import { Failure } from '../../base/index.js';
import type { ServicePort } from '../environment.js';
import { runCommand, runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';

const changeMs = 120_000;
const askMs = 15_000;

/** What service managers answer for something that does not run (LSB: 1 and 3). */
const stoppedCodes = [1, 3];

/** The application, through the commands that the configuration names. */
export function declaredService(settings: DeclaredSettings): ServicePort {
  const application = () => {
    const { application } = settings.declared;
    if (application === undefined) throw notDeclared(settings, 'application', 'application');
    return application;
  };
  return {
    start: async (options) => {
      await runOrFail(settings, application().start, changeMs, options);
    },
    stop: async (options) => {
      await runOrFail(settings, application().stop, changeMs, options);
    },
    isRunning: async (options) => {
      const argv = application().isRunning;
      const { exitCode, lastLine } = await runCommand(settings, argv, askMs, options);
      if (exitCode === 0) return true;
      if (stoppedCodes.includes(exitCode)) return false;
      // Neither "runs" nor "does not": a question that failed must not count as an answer.
      throw new Failure(
        'unavailable',
        `${argv[0] ?? ''} exited with ${exitCode}, which says neither yes (0) nor no (1 or 3): ${lastLine}`,
      );
    },
  };
}
