import { exitCodes, Failure, type ExitName, type FailureReason } from '../base/index.js';

/** How an operation ended, as a name of the exit-code table. Thrown or returned by commands; `main` alone sets the code. */
export class Exit extends Error {
  constructor(
    readonly exit: ExitName,
    message = '',
    readonly hint?: string,
  ) {
    super(message);
  }
}

const exitOfReason: Record<FailureReason, ExitName> = {
  'exit-code': 'environment',
  timeout: 'environment',
  cancelled: 'interrupted',
  check: 'missed',
  unavailable: 'environment',
  refused: 'refused',
  'unknown-outcome': 'runFailed',
  invalid: 'invalid',
};

/** The exit of a failure that ended a command; `undefined` for a bug. */
export function exitOf(error: unknown): ExitName | undefined {
  if (error instanceof Exit) return error.exit;
  return error instanceof Failure ? exitOfReason[error.reason] : undefined;
}

export function codeOf(exit: ExitName): number {
  return exitCodes[exit].code;
}
