import { basename } from 'node:path';
import { findRecord } from '../find-run.js';
import { remark, type CommonOptions } from '../output.js';
import { followRecord } from '../record-feed.js';
import { summariseRun } from './runs.js';

/** `firedrill watch <run>`: the story so far, then each entry as it becomes durable, until the run ends. */
export async function watch(run: string, options: CommonOptions): Promise<void> {
  const folder = findRecord(options.directory, run);
  const followed = await followRecord(folder);
  const { showJson, showPlain } = await import('../../plain/index.js');
  const write = (text: string) => void process.stdout.write(text);
  const stop =
    options.format === 'json'
      ? showJson(followed.feed, write)
      : showPlain(followed.feed, write, { colour: options.colour });
  const summary = await summariseRun(options.directory, folder);
  if (summary.status === 'interrupted')
    remark(options, `nobody runs it now; take it up again: firedrill resume ${basename(folder)}`);
  else await followed.ended;
  stop();
  followed.stop();
}
