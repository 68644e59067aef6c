import { runTool, type PostgresTools } from '../../postgres/index.js';
import type { LogicalManifest } from '../set/manifest.js';

export interface DumpCompression {
  readonly name: LogicalManifest['compression'];
  readonly args: readonly string[];
}

/** Asked of the program itself: zstd where it offers it, gzip's fastest level elsewhere. */
export async function dumpCompression(tools: PostgresTools): Promise<DumpCompression> {
  const help: Buffer[] = [];
  await runTool(tools, 'pg_dump', ['--help'], { location: null, onOutput: (chunk) => help.push(chunk) });
  const takesMethods = /--compress=METHOD/.test(Buffer.concat(help).toString());
  return takesMethods ? { name: 'zstd', args: ['--compress=zstd:1'] } : { name: 'gzip', args: ['-Z1'] };
}
