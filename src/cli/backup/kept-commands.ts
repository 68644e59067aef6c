/** What to type about something kept; it names the environment, because a programme often has several. */
export function keptCommand(what: '--accept' | '--roll-back', name: string, environment: string): string {
  return `firedrill restore ${what} ${name} --environment ${environment}`;
}

/** What a restore ends with: how the old one is called now, and the command for either judgement. */
export function keptHints(kept: string, environment: string): string[] {
  return [
    `  good?        ${keptCommand('--accept', kept, environment)}`,
    `  not good?    ${keptCommand('--roll-back', kept, environment)}`,
  ];
}
