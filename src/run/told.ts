export type ToldLevel = 'info' | 'good' | 'warning' | 'bad' | 'ask';

/** One event as people hear of it: the same on the screen, in plain text and in the log. */
export interface Told {
  /** What kind of event, in one word of at most eight letters. */
  readonly word: string;
  /** One line, printable, without a full stop. */
  readonly text: string;
  readonly level: ToldLevel;
}
