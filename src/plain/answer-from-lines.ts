import { createInterface } from 'node:readline';
import { printable, type JsonObject } from '../base/index.js';
import {
  answerer,
  awaited,
  openPrompts,
  ownerOf,
  personOf,
  promptInput,
  titleOf,
  undoable,
  type Actor,
  type OperatorInput,
  type PromptState,
  type RunFeed,
} from '../run/index.js';
import { howToAnswer } from './how-to-answer.js';
import { readAnswerLine } from './read-answer-line.js';
import { peopleLines } from './people-lines.js';
import { isLook, readOrderLine, type LookLine } from './read-order-line.js';
import { situationLines } from './situation-lines.js';
import { stepLines } from './step-lines.js';

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
  // Who said that they are at the keyboard; what they type is theirs, whoever was asked.
  let me: Actor | null = null;
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
    const by = me ?? answerer(plan, feed.state(), prompt, operator);
    return submit(promptInput(plan, feed.state(), prompt, read.values, by));
  };
  const look = (order: LookLine): readonly string[] => {
    switch (order.kind) {
      case 'help':
        return helpLines(feed);
      case 'now':
        return situationLines(feed);
      case 'people':
        return peopleLines(feed.plan, feed.state());
      case 'steps':
        return stepLines(feed.plan, feed.state());
      case 'who':
        return [takeRole(order.role)];
      case 'problem':
        return [`not understood: ${order.problem}`];
    }
  };
  const takeRole = (role: string): string => {
    const { plan } = feed;
    if (!Object.hasOwn(plan.roles, role))
      return `not understood: there is no role ${printable(role)}; the roles are ${Object.keys(plan.roles).join(', ')}`;
    me = personOf(plan, feed.state(), role, operator);
    return `from now on you are ${ownerOf(plan, feed.state().people, role)}`;
  };
  const handle = async (line: string): Promise<void> => {
    if (line.trim() === '') return;
    const all = openPrompts(feed.state());
    // A word that a question offers, a name to be confirmed among them, is its answer.
    const offered = all.some(({ options }) => options.includes(line.trim()));
    const order = offered ? null : readOrderLine(line, me ?? operator);
    if (order !== null && isLook(order)) {
      for (const text of look(order)) write(`${text}\n`);
      return;
    }
    if (order !== null) return submit(withNewer(feed, order));
    const [, step, rest] = /^\s*@(\S+)\s+(.*)$/su.exec(line) ?? [];
    const open = all.filter((prompt) => step === undefined || prompt.step === step);
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

/** As on the screen: undoing one step means it and everything that ran after it. */
function withNewer(feed: RunFeed, order: OperatorInput): OperatorInput {
  if (order.kind !== 'undo') return order;
  const all = undoable(feed.plan, feed.state()).map(({ id }) => id);
  const last = order.steps.map((step) => all.indexOf(step)).at(0) ?? -1;
  return last < 0 ? order : { ...order, steps: all.slice(0, last + 1) };
}

function helpLines(feed: RunFeed): string[] {
  const open = openPrompts(feed.state()).flatMap((prompt) => [
    `open: ${prompt.step === null ? prompt.text : `@${prompt.step} ${titleOf(feed.plan, prompt.step)}`}, for ${awaited(feed.plan, feed.state(), prompt)}`,
    ...howToAnswer(feed.plan, feed.state(), prompt).map((line) => `    ${line}`),
  ]);
  return [
    ...(open.length > 0 ? open : ['no question is open']),
    'at any time: note <text> | skip @<step> <reason> | hold <reason> | release | undo @<step> <reason> | stop <reason>',
    'to look: now (clocks, owner of the step, whose turn it is) | people (how to reach them) | steps | help',
    'who is at the keyboard: i-am <role>',
    'texts name keys of the screen: where one says (n), type note <text>; for (q), type stop <reason>; for (p), people; for (w), i-am <role>',
  ];
}
