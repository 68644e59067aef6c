/** OSC, DCS, APC, PM and SOS strings up to their end, CSI sequences, two-character escapes; in this order. */
const sequences =
  /[\u001b\u009d\u0090\u009f\u009e\u0098](?:(?<=\u001b)[\]P_^X]|(?<!\u001b))[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/gu;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu;
/** What reorders, joins or hides text: bidi marks and overrides, zero-width characters, selectors, tags, line separators. */
const deceivers =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const pictures = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u20e3/gu;

/**
 * One line of text that came from elsewhere, safe to put on a terminal: control sequences and zero-width characters are taken
 * out, tabs become spaces, what else cannot be shown, or has a width that programs and terminals disagree on, becomes `replacement`.
 */
export function printable(text: string, replacement = '?'): string {
  return text
    .replace(sequences, '')
    .replace(/\r?\n/gu, ' ')
    .replace(/\t/gu, '    ')
    .replace(controls, '')
    .replace(deceivers, '')
    .replace(pictures, (one) => (/^[©®™↔-↙↩↪▪▫▶◀◻◼✓✔✖✗☎☑]$/u.test(one) ? one : replacement));
}

/** The same for text of several lines. */
export function printableLines(text: string, replacement = '?'): string[] {
  return text.split(/\r?\n/u).map((line) => printable(line, replacement));
}
