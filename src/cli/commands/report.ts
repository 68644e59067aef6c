import { assess } from '../../assessment/index.js';
import { Failure } from '../../base/index.js';
import { readRecord } from '../../evidence/index.js';
import {
  buildReport,
  renderHtml,
  renderJson,
  renderJunit,
  renderMarkdown,
  type Report,
} from '../../report/index.js';
import { findRecord } from '../find-run.js';
import { remark, type CommonOptions } from '../output.js';

const renderers: { readonly [form in 'md' | 'html' | 'json' | 'junit']: (report: Report) => string } = {
  md: renderMarkdown,
  html: renderHtml,
  json: renderJson,
  junit: renderJunit,
};

/** `firedrill report <run>`: prints; never writes into a record. */
export async function report(
  run: string,
  own: { readonly as: 'md' | 'html' | 'json' | 'junit' },
  options: CommonOptions,
): Promise<void> {
  const folder = findRecord(options.directory, run);
  const { record, problems } = await readRecord(folder);
  if (record === null)
    throw new Failure('invalid', `${folder} holds no run that could be read`, {
      hint: `Type \`firedrill audit ${folder}\`.`,
    });
  for (const problem of problems) remark({ quiet: false }, `problem: ${problem.text}`);
  const form = options.format === 'json' ? 'json' : own.as;
  process.stdout.write(renderers[form](buildReport(record, assess(record))));
}
