import { version } from './version.js';

/** One block to paste: everything somebody needs to understand a failure nobody expected. Arguments never hold secrets. */
export function reportBug(error: unknown, journal?: string): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    [
      '',
      '---- a bug in firedrill: please paste this block into a report ----',
      `version:  ${version()} (Node ${process.versions.node}, ${process.platform} ${process.arch})`,
      `command:  firedrill ${process.argv.slice(2).join(' ')}`,
      `journal:  ${journal ?? 'none'}`,
      `stack:    ${stack}`,
      '-------------------------------------------------------------------',
      '',
    ].join('\n'),
  );
}
