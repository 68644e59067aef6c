const codes = { good: 32, bad: 31, doubtful: 33, dim: 2 } as const;
export type Tone = keyof typeof codes;

/** Text in a colour that says how good the news is, where colours are wanted; the words say it, too. */
export function toned(text: string, tone: Tone, colour: boolean): string {
  return colour ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}
