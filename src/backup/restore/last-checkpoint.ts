import { runTool, type PostgresTools } from '../../postgres/index.js';

/** Where a stopped cluster's last checkpoint begins in its log; null when its control file cannot be read. */
export async function lastCheckpoint(
  tools: PostgresTools,
  dataDirectory: string,
): Promise<{ readonly lsn: string; readonly shutDown: boolean } | null> {
  const said: Uint8Array[] = [];
  const isRead = await runTool(tools, 'pg_controldata', [dataDirectory], {
    location: null,
    env: { LC_ALL: 'C' },
    onOutput: (chunk) => said.push(chunk),
  }).then(
    () => true,
    () => false,
  );
  const text = Buffer.concat(said).toString();
  const lsn = /^Latest checkpoint location:\s+([0-9A-F]+\/[0-9A-F]+)$/im.exec(text)?.[1];
  if (!isRead || lsn === undefined) return null;
  return { lsn, shutDown: /^Database cluster state:\s+shut down( in recovery)?$/m.test(text) };
}
