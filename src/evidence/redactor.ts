import { redactionStream, type RedactionStream } from './redaction-stream.js';
import { knownSecrets } from './secret-forms.js';

/** Blots out secrets: the values it was told, and whatever has the shape of one. */
export interface Redactor {
  /** More values, found in everything that begins from now on: those of an environment that was just opened. */
  readonly learn: (secrets: readonly string[]) => void;
  /** For output that comes in pieces. */
  stream(): RedactionStream;
  /** For a whole text at once. */
  redact(text: string): { readonly text: string; readonly redactions: number };
  /** What kinds of secret a text holds; empty: none that could be told. Never the value. */
  scan(text: string): readonly string[];
}

/** `secrets` are exact values (passwords, keys, tokens) to be found in every usual encoding; empty ones are left out. */
export function makeRedactor(options: { readonly secrets: readonly string[] }): Redactor {
  let secrets = options.secrets;
  let known = knownSecrets(secrets);
  const whole = (text: string) => {
    const stream = redactionStream(known);
    const kept = Buffer.concat([stream.push(text), stream.end()]).toString();
    return { kept, redactions: stream.redactions(), kinds: [...stream.kinds().keys()] };
  };
  return {
    learn: (more) => {
      secrets = [...secrets, ...more];
      known = knownSecrets(secrets);
    },
    stream: () => redactionStream(known),
    redact: (text) => {
      const { kept, redactions } = whole(text);
      return { text: kept, redactions };
    },
    scan: (text) => whole(text).kinds,
  };
}

/** Kinds of secret in what somebody typed, before it is appended to the journal; empty when none can be told. */
export function scanForSecrets(text: string, secrets: readonly string[] = []): readonly string[] {
  return makeRedactor({ secrets }).scan(text);
}
