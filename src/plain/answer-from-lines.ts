import { createInterface } from 'node:readline';
import type { JsonObject } from '../base/index.js';
import {
  answerer,
  promptInput,
  titleOf,
  type Actor,
  type OperatorInput,
  type PromptState,
  type RunFeed,
} from '../run/index.js';
import { howToAnswer } from './how-to-answer.js';
import { readAnswerLine } from './read-answer-line.js';
import { readOrderLine } from './read-order-line.js';

/**
 * Lets a person without a screen answer by typing lines: see `howToAnswer` for the forms, `help` prints them. A line goes to the
 * oldest open question, or to the one whose step follows an `@`. The end of input answers nothing. Returns how to stop.
 */
export function answerFromLines(
  feed: RunFeed,
  input: NodeJS.ReadableStream,
  write: (text: string) => void,
  operator: Actor,
): () => void {
  const drafts = new Map<string, JsonObject>();
  const reader = createInterface({ input, terminal: false });
  const submit = async (order: OperatorInput): Promise<void> => {
    const reply = await feed.submit(order);
    if (order.kind === 'answer') drafts.delete(order.prompt);
    if (!reply.accepted)
      write(`not accepted: ${reply.why}${reply.hint === undefined ? '' : `; ${reply.hint}`}\n`);
  };
  const answer = (prompt: PromptState, line: string): Promise<void> | undefined => {
    const { plan } = feed;
    const read = readAnswerLine(plan, feed.state(), prompt, drafts.get(prompt.id) ?? {}, line, feed.now());
    if (!read.ok) {
      write(`not understood: ${read.problem}\n`);
      for (const form of howToAnswer(plan, feed.state(), prompt)) write(`    ${form}\n`);
      return undefined;
    }
    drafts.set(prompt.id, read.values);
    if (!read.complete) return undefined;
    const by = answerer(plan, feed.state(), prompt, operator);
    return submit(promptInput(plan, feed.state(), prompt, read.values, by));
  };
  const handle = async (line: string): Promise<void> => {
    if (line.trim() === '') return;
    const order = readOrderLine(line, operator);
    if (order?.kind === 'help') {
      for (const text of helpLines(feed)) write(`${text}\n`);
      return;
    }
    if (order?.kind === 'problem') {
      write(`not understood: ${order.problem}\n`);
      return;
    }
    if (order) return submit(order);
    const [, step, rest] = /^\s*@(\S+)\s+(.*)$/su.exec(line) ?? [];
    const open = openPrompts(feed).filter((prompt) => step === undefined || prompt.step === step);
    const [prompt] = open;
    if (!prompt) {
      write(step === undefined ? 'no question is open; type help\n' : `no question is open for ${step}\n`);
      return;
    }
    await answer(prompt, rest ?? line);
  };
  reader.on('line', (line) => {
    handle(line).catch((error: unknown) => write(`not accepted: ${String(error)}\n`));
  });
  return () => {
    reader.close();
  };
}

function openPrompts(feed: RunFeed): PromptState[] {
  return Object.values(feed.state().prompts)
    .filter((prompt) => !prompt.closed)
    .sort((a, b) => a.openedAt.seq - b.openedAt.seq);
}

function helpLines(feed: RunFeed): string[] {
  const open = openPrompts(feed).flatMap((prompt) => [
    `open: ${prompt.step === null ? prompt.text : `@${prompt.step} ${titleOf(feed.plan, prompt.step)}`}`,
    ...howToAnswer(feed.plan, feed.state(), prompt).map((line) => `    ${line}`),
  ]);
  return [
    ...(open.length > 0 ? open : ['no question is open']),
    'at any time: note <text> | skip @<step> <reason> | hold <reason> | release | stop <reason> | help',
    'texts name keys of the screen: where one says (n), type note <text>; for (q), type stop <reason>',
  ];
}
