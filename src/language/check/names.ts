import { lookUp, type JsonObject } from '../../base/index.js';
import { suggest } from '../shape/words.js';
import type { Known, KnownStep } from './known.js';

/** Everything `${…}` may name at one place. */
export interface Names {
  readonly inputs: readonly string[];
  readonly environment: JsonObject;
  readonly known: Known;
  /** The step itself, where its own saved values are known: in its check and its undo. */
  readonly self?: KnownStep | undefined;
  /** Every step of the runbook, to tell "comes later" from "does not exist". */
  readonly everywhere: ReadonlySet<string>;
}

export interface NameProblem {
  readonly message: string;
  readonly hint: string | undefined;
}

/** See `runFacts` in the room `run`. */
const runNames = ['id', 'mode', 'rto', 'rpo', 'disruption'];
const roots = ['inputs', 'environment', 'steps', 'answers', 'run'];

/** What is wrong with a name, or nothing. */
export function judgeName(name: string, names: Names): NameProblem | undefined {
  const [root = '', first = '', ...rest] = name.split('.');
  const unknown = (allowed: readonly string[], prefix: string, word: string): NameProblem => ({
    message: `unknown name "${name}"`,
    hint: allowed.length === 0 ? `There is no \`${prefix}…\` here.` : suggestName(word, allowed, prefix),
  });
  switch (root) {
    case 'inputs':
      return rest.length === 0 && names.inputs.includes(first)
        ? undefined
        : unknown(names.inputs, 'inputs.', first);
    case 'run':
      return rest.length === 0 && runNames.includes(first) ? undefined : unknown(runNames, 'run.', first);
    case 'environment':
      if (first !== '' && lookUp(names.environment, [first, ...rest].join('.')) !== undefined)
        return undefined;
      return unknown(Object.keys(names.environment), 'environment.', first);
    case 'steps':
    case 'answers':
      return judgeStepName(name, root, first, rest, names);
    default:
      return { message: `unknown name "${name}"`, hint: suggest(root, roots, 'Names begin with') };
  }
}

function judgeStepName(
  name: string,
  root: 'steps' | 'answers',
  id: string,
  rest: readonly string[],
  names: Names,
): NameProblem | undefined {
  const own = names.self?.id === id ? names.self : undefined;
  const step = own ?? names.known.get(id);
  if (step === undefined) {
    if (names.everywhere.has(id)) {
      const hint = 'Only what stands before it, in the same block, is known here.';
      return { message: `name "${name}" is not known yet at this step`, hint };
    }
    const allowed = names.known.all().filter((one) => membersOf(one, root).length > 0);
    const words = allowed.map((one) => one.id);
    const hint =
      words.length === 0 ? `No step before it has such a value.` : suggestName(id, words, `${root}.`);
    return { message: `unknown name "${name}": there is no step "${id}"`, hint };
  }
  const members = membersOf(step, root);
  const [member = ''] = rest;
  if (members.includes(member) && (rest.length === 1 || root === 'steps')) return undefined;
  const what = root === 'steps' ? 'saves nothing of that name' : 'has no such answer';
  const hint = members.length === 0 ? undefined : suggestName(member, members, `${root}.${id}.`);
  return { message: `unknown name "${name}": step "${id}" ${what}`, hint };
}

function membersOf(step: KnownStep, root: 'steps' | 'answers'): string[] {
  return root === 'steps' ? [...step.saved] : [...step.answers.keys()];
}

function suggestName(word: string, allowed: readonly string[], prefix: string): string | undefined {
  const hint = suggest(word, allowed);
  if (hint === undefined) return undefined;
  return hint.startsWith('Did you mean "')
    ? hint.replace('"', `"${prefix}`)
    : `Allowed: ${allowed
        .slice(0, 24)
        .map((one) => prefix + one)
        .join(', ')}.`;
}
