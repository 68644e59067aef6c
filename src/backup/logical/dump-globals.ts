import { join } from 'node:path';
import { runTool, type ClusterLocation, type PostgresTools } from '../../postgres/index.js';

export const globalsName = 'globals.sql';

/** Roles, memberships, their settings and tablespaces, which are in no dump of a database. */
export async function dumpGlobals(request: {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  readonly directory: string;
  /** Passwords of roles can be read by a superuser only. */
  readonly rolePasswords: boolean;
  readonly signal: AbortSignal | undefined;
}): Promise<void> {
  const { tools, location, directory, rolePasswords, signal } = request;
  const args = ['--globals-only', '-w', '-f', join(directory, globalsName)];
  await runTool(tools, 'pg_dumpall', rolePasswords ? args : [...args, '--no-role-passwords'], {
    location,
    cwd: directory,
    signal,
  });
}
