import { resolve } from 'node:path';
import { auditRecord, renderAudit } from '../../evidence/index.js';
import { Exit } from '../exit.js';
import { findRecord } from '../find-run.js';
import { readOrRefuse } from '../programme-loader.js';
import { print, printJson, type CommonOptions } from '../output.js';

/** `firedrill audit <folder>`: offline, trusting nobody. */
export async function audit(
  folder: string,
  own: { readonly trust?: string; readonly expectHead?: string },
  options: CommonOptions,
): Promise<void> {
  const record = findRecord(options.directory, folder);
  const trust = own.trust === undefined ? undefined : resolve(options.directory, own.trust);
  if (trust !== undefined) readOrRefuse(trust, `--trust ${own.trust ?? ''}`);
  // What cannot be a code says nothing about the record: a slip of the hand must not read as tampering.
  if (own.expectHead !== undefined && !/^[0-9a-f]{12,64}$/i.test(own.expectHead))
    throw new Exit(
      'usage',
      `--expect-head ${own.expectHead} is no code of a record`,
      'Type the twelve hex digits that were noted, or all 64.',
    );
  const result = await auditRecord(record, {
    ...(trust === undefined ? {} : { trust }),
    ...(own.expectHead === undefined ? {} : { expectHead: own.expectHead }),
  });
  if (options.format === 'json') printJson('audit', result);
  else for (const line of renderAudit(result)) print(line);
  if (result.exit !== 0) throw new Exit('missed');
}
