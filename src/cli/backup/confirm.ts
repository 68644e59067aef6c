import { createInterface } from 'node:readline/promises';
import { Failure } from '../../base/index.js';

/** Nobody said yes: whatever was to be done never began, however the question ended. */
export class NotConfirmed extends Failure {}

/**
 * Has a person type the name of what is going to be replaced. Without a terminal there is no person: rejects with `refused`, and so
 * it does for anything else that is typed; with `cancelled` when the question is broken off.
 */
export async function confirmByName(
  name: string,
  what: string,
  {
    signal,
    input = process.stdin,
    output = process.stderr,
  }: {
    readonly signal?: AbortSignal;
    readonly input?: NodeJS.ReadStream;
    readonly output?: NodeJS.WriteStream;
  } = {},
): Promise<void> {
  if (!input.isTTY)
    throw new NotConfirmed('refused', `nobody is at a terminal to confirm that ${what}`, {
      hint: 'Run it in a terminal, or, where the environment’s fingerprint protects it, type --force.',
    });
  const lines = createInterface({ input, output });
  const gone = new Promise<null>((settle) => lines.once('close', () => settle(null)));
  try {
    const asked = lines.question(`To confirm that ${what}, type ${name}: `, {
      ...(signal === undefined ? {} : { signal }),
    });
    // Ctrl-C and Ctrl-D end the line without an answer.
    const typed = await Promise.race([asked.catch(() => null), gone]);
    if (typed === null) throw new NotConfirmed('cancelled', 'it was not confirmed; nothing was changed');
    if (typed.trim() === name) return;
    const said = typed.trim() === '' ? 'nothing' : `"${typed.trim()}"`;
    throw new NotConfirmed('refused', `not confirmed: ${said} was typed, not ${name}`, {
      hint: 'Nothing was changed.',
    });
  } finally {
    lines.close();
  }
}
