import { printable } from '../base/index.js';
import {
  spokenTime,
  stepOwner,
  stepsOf,
  tellEvent,
  type Entry,
  type RunFeed,
  type Told,
} from '../run/index.js';
import { followEntries } from './follow-entries.js';
import { howToAnswer } from './how-to-answer.js';
import { peopleLines } from './people-lines.js';

const colours: { readonly [level in Told['level']]: string } = {
  info: '',
  good: '\u001b[32m',
  warning: '\u001b[33m',
  bad: '\u001b[31m',
  ask: '\u001b[1m',
};
const tailLines = 20;
const indent = ' '.repeat(19);

/**
 * Writes one timestamped line (UTC) an event. Under a failed step follow the last lines of its output, under a question how to
 * answer it; nothing else is indented. Returns how to stop.
 */
export function showPlain(
  feed: RunFeed,
  write: (text: string) => void,
  options: { readonly colour: boolean; readonly afterSeq?: number },
): () => void {
  return followEntries(feed, options.afterSeq, (entry) => {
    const told = tellEvent(feed.plan, feed.state(), entry);
    const paint = options.colour ? colours[told.level] : '';
    const word = told.word.padEnd(8);
    write(`${spokenTime(entry.at)} ${paint}${word}${paint === '' ? '' : '\u001b[0m'}  ${told.text}\n`);
    for (const line of below(feed, entry)) write(`${indent}${line}\n`);
  });
}

function below(feed: RunFeed, entry: Entry): string[] {
  if (entry.type === 'run-opened') return [`all times are UTC; this is ${entry.at.slice(0, 10)}`];
  if (entry.type === 'roles-bound') return peopleLines(feed.plan, feed.state());
  if (entry.type === 'clock-marked') return dueFrom(feed, entry.data.point, entry.data.at);
  if (entry.type === 'step-failed')
    return feed.outputTail(entry.data.step, tailLines).map((line) => `| ${printable(line)}`);
  if (entry.type === 'prompt-opened' && !feed.plan.unattended) {
    const prompt = feed.state().prompts[entry.data.prompt];
    if (!prompt || prompt.closed) return [];
    const begins = prompt.kind === 'approve' || prompt.kind === 'confirm';
    const does = begins && prompt.step !== null ? feed.describe?.(prompt.step) : undefined;
    return [
      ...(does === undefined ? [] : [`does: ${printable(does)}`]),
      ...howToAnswer(feed.plan, feed.state(), prompt),
    ];
  }
  return [];
}

/** What has to be done by when, counted from this point. */
function dueFrom(feed: RunFeed, point: string, at: string): string[] {
  const { plan } = feed;
  return [...stepsOf(plan).values()].flatMap(({ step }) => {
    if (step.due?.of !== point) return [];
    const by = spokenTime(new Date(Date.parse(at) + step.due.withinMs).toISOString());
    return [printable(`due by ${by}: ${step.title} (${stepOwner(plan, feed.state(), step)})`)];
  });
}
