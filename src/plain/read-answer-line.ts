import type { Json, JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { promptFields, readInto, type PromptState, type RunState } from '../run/index.js';

export type ReadLine =
  | { readonly ok: true; readonly values: JsonObject; readonly complete: boolean }
  | { readonly ok: false; readonly problem: string };

/** Reads one typed line into the answer of a prompt; `values` are the fields filled in by earlier lines. */
export function readAnswerLine(
  plan: Plan,
  state: RunState,
  prompt: PromptState,
  values: JsonObject,
  line: string,
  nowMs: number,
): ReadLine {
  const parts = prompt.kind === 'ask' ? splitField(line) : splitWords(prompt, line);
  if (!parts) return { ok: false, problem: 'type one field a line: its name, a colon, its value' };
  const filled: { [key: string]: Json } = { ...values };
  for (const [key, typed] of parts) {
    const field = promptFields(plan, state, prompt, filled, nowMs).find((one) => one.key === key);
    if (!field)
      return {
        ok: false,
        problem: prompt.kind === 'ask' ? `there is no field ${key}` : `no ${key} is asked for`,
      };
    const read = readInto(field, typed);
    if (!read.ok) return { ok: false, problem: `${field.label}: ${read.problem}` };
    filled[key] = read.value;
  }
  const open = promptFields(plan, state, prompt, filled, nowMs).filter(
    (field) => !Object.hasOwn(filled, field.key),
  );
  const [missing] = open;
  // Only a form may be filled in over several lines; everything else is one line or nothing.
  if (missing && prompt.kind !== 'ask')
    return { ok: false, problem: `${missing.label}: add it on the same line` };
  return { ok: true, values: filled, complete: open.length === 0 };
}

function splitField(line: string): [string, string][] | null {
  const match = /^\s*([^:\s]+)\s*:\s*(.*)$/su.exec(line);
  return match ? [[match[1] ?? '', match[2] ?? '']] : null;
}

function splitWords(prompt: PromptState, line: string): [string, string][] {
  const [, first = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/su.exec(line) ?? [];
  const reason: [string, string][] = rest === '' ? [] : [['reason', rest]];
  if (prompt.kind === 'confirm') return [['typed', line.trim()]];
  if (prompt.kind !== 'approve') return [['option', first], ...reason];
  const [, role = '', why = ''] = /^(\S+)\s*(.*)$/su.exec(rest) ?? [];
  const because: [string, string][] = why === '' ? [] : [['reason', why]];
  const alone = first === 'break-glass';
  return [['who', `${alone ? 'alone' : 'role'}:${role}`], ['word', alone ? 'yes' : first], ...because];
}
