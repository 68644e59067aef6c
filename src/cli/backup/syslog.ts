import { printable } from '../../base/index.js';
import { runChild } from '../../children/index.js';
import { remark, type CommonOptions } from '../output.js';

/** Where the line goes: this machine's own log, or a server that listens for UDP. */
export interface SyslogTarget {
  readonly server: { readonly host: string; readonly port: string } | null;
}

/**
 * What `--syslog` and `FIREDRILL_SYSLOG` say: `1` (or the option) means this machine's log, `udp://host:port` a server, empty or `0`
 * none. Null: nothing is logged.
 */
export function syslogTarget(
  given: boolean,
  environment: { readonly [name: string]: string | undefined } = process.env,
): SyslogTarget | null {
  const wanted = environment['FIREDRILL_SYSLOG'] ?? '';
  const [, host, port] = /^udp:\/\/(\[[0-9a-f:]+\]|[^:/]+):(\d+)$/i.exec(wanted) ?? [];
  if (host !== undefined && port !== undefined) return { server: { host: host.replace(/[[\]]/g, ''), port } };
  return given || (wanted !== '' && wanted !== '0') ? { server: null } : null;
}

/**
 * One line for the system's log through `logger`, which knows where that is on every system: facility user, ident firedrill. What
 * cannot be logged is remarked and never fails what was done.
 */
export async function writeSyslog(
  target: SyslogTarget | null,
  level: 'notice' | 'err',
  text: string,
  options: Pick<CommonOptions, 'quiet'>,
): Promise<void> {
  if (target === null) return;
  const { server } = target;
  const args = [
    ...['-t', 'firedrill', '-p', `user.${level}`],
    ...(server === null ? [] : ['-d', '-n', server.host, '-P', server.port]),
    // What begins with a hyphen is text, too.
    '--',
    printable(text).slice(0, 900),
  ];
  try {
    const { exitCode, tail } = await runChild({ file: 'logger', args, timeoutMs: 5000 });
    if (exitCode !== 0)
      remark(options, `not in the system's log: logger: ${tail.at(-1) ?? `exit ${exitCode ?? ''}`}`);
  } catch (error) {
    remark(options, `not in the system's log: ${error instanceof Error ? error.message : String(error)}`);
  }
}
