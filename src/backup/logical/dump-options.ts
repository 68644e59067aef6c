import { runChild } from '../../children/index.js';
import { runTool, type PostgresTools } from '../../postgres/index.js';
import type { LogicalManifest } from '../set/manifest.js';

export interface DumpCompression {
  readonly name: LogicalManifest['compression'];
  readonly args: readonly string[];
}

/** Asked of the program itself: zstd where it offers it and was built with it, gzip's fastest level elsewhere. */
export async function dumpCompression(tools: PostgresTools): Promise<DumpCompression> {
  const help: Buffer[] = [];
  await runTool(tools, 'pg_dump', ['--help'], { location: null, onOutput: (chunk) => help.push(chunk) });
  const takesMethods = /--compress=METHOD/.test(Buffer.concat(help).toString());
  return takesMethods && (await builtWithZstd(tools))
    ? { name: 'zstd', args: ['--compress=zstd:1'] }
    : { name: 'gzip', args: ['-Z1'] };
}

/** Its help does not say. It looks before it makes or asks anything, and finds neither a folder nor a server where it is sent. */
async function builtWithZstd(tools: PostgresTools): Promise<boolean> {
  const args = ['-Fd', '--compress=zstd:1', '-w', '-h', '/nonexistent', '-f', '/nonexistent/dump', 'nothing'];
  const { tail } = await runChild({
    file: tools.path('pg_dump'),
    args,
    onlyGivenEnv: true,
    env: { LC_ALL: 'C' },
    timeoutMs: 10_000,
  });
  return !tail.some((line) => /does not support compression|unrecognized compression/i.test(line));
}
