import { Failure } from '../../base/index.js';
import { Exit } from '../exit.js';
import { print, printJson, type CommonOptions } from '../output.js';
import { leftScratch, removeLeft } from './left-scratch.js';
import { showProgress, type ProgressView } from './show-progress.js';
import { stoppable } from './stop-signals.js';
import { syslogTarget, writeSyslog } from './syslog.js';

export interface OperationOptions extends CommonOptions {
  readonly syslog: boolean;
}

/** What an operation hands back: what people read, what programs read, one line for the log. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly data: unknown;
  readonly log: string;
  /** The lines are what was asked for, as of a list: `--quiet` keeps them. */
  readonly isAnswer?: boolean;
  /** Which backup it was about, for the log of jobs. */
  readonly set?: string;
  /** How it ended, where that is not well; shown after the lines. */
  readonly failure?: Exit | Failure;
}

export interface Work {
  readonly signal: AbortSignal;
  readonly view: ProgressView;
}

/** Prune does it itself, where it is told to touch nothing. */
const usesScratch = ['backup', 'verify', 'restore'];

/** What cannot be tidied now is tidied next time, and stops nothing. */
async function tidy(view: ProgressView): Promise<void> {
  for (const left of await leftScratch()) {
    try {
      for (const line of await removeLeft(left)) view.say(line);
    } catch (failure) {
      view.say(`${left.directory} stays: ${failure instanceof Error ? failure.message : String(failure)}`);
    }
  }
}

/**
 * One operation of the backup engine by hand or from cron: signals, progress, its result, a line in the system's log. With `--quiet`
 * nothing is printed when it went well, except what was asked for.
 */
export async function operate(
  kind: string,
  options: OperationOptions,
  work: (work: Work) => Promise<Outcome>,
): Promise<void> {
  const view = showProgress(options);
  const target = syslogTarget(options.syslog);
  try {
    const outcome = await stoppable(async (signal) => {
      if (usesScratch.includes(kind)) await tidy(view);
      return work({ signal, view });
    }).finally(view.clear);
    if (options.format === 'json') printJson(kind, outcome.data);
    else if (!options.quiet || outcome.isAnswer === true) for (const line of outcome.lines) print(line);
    if (outcome.failure !== undefined) throw outcome.failure;
    await writeSyslog(target, 'notice', `${kind}: ${outcome.log}`, options);
  } catch (error) {
    const said = error instanceof Exit || error instanceof Failure ? error.message : 'a bug in firedrill';
    await writeSyslog(target, 'err', `${kind} failed: ${said}`, options);
    throw error;
  }
}
