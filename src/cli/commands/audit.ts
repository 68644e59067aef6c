import { auditRecord, renderAudit } from '../../evidence/index.js';
import { Exit } from '../exit.js';
import { findRecord } from '../find-run.js';
import { print, printJson, type CommonOptions } from '../output.js';

/** `firedrill audit <folder>`: offline, trusting nobody. */
export async function audit(
  folder: string,
  own: { readonly trust?: string; readonly expectHead?: string },
  options: CommonOptions,
): Promise<void> {
  const record = findRecord(options.directory, folder);
  const result = await auditRecord(record, {
    ...(own.trust === undefined ? {} : { trust: own.trust }),
    ...(own.expectHead === undefined ? {} : { expectHead: own.expectHead }),
  });
  if (options.format === 'json') printJson('audit', result);
  else for (const line of renderAudit(result)) print(line);
  if (result.exit !== 0) throw new Exit('missed');
}
