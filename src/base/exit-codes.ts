/** What the program's exit code means: the only copy; the README's table is compared with it by a test. */
export const exitCodes = {
  met: { code: 0, meaning: 'objectives met; command succeeded; backup verified' },
  missed: {
    code: 1,
    meaning: 'objectives missed or inconclusive; verification failed; audit found tampering',
  },
  usage: { code: 2, meaning: 'wrong command line' },
  invalid: { code: 3, meaning: 'a runbook, drill, rubric or the configuration is invalid' },
  runFailed: { code: 4, meaning: 'the run failed: a step that may not fail did' },
  refused: { code: 5, meaning: 'refused by a guard' },
  environment: {
    code: 6,
    meaning: 'environment: missing tool, database or store unreachable, disk full, lock held',
  },
  bug: {
    code: 70,
    meaning: 'a bug in firedrill: prints version, command, journal, stack in one block to paste',
  },
  interrupted: { code: 130, meaning: 'interrupted; the run can be resumed' },
  terminated: { code: 143, meaning: 'terminated; the run can be resumed' },
} as const;

export type ExitName = keyof typeof exitCodes;
