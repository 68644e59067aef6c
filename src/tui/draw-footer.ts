import { activeField } from './form.js';
import { offeredKeys } from './keys.js';
import { cutLine, widthOf, type Line, type Span } from './line.js';
import { contextOf, selectedPrompt } from './draw-question.js';
import { questionFields } from './reduce-question.js';
import { dialogFields } from './dialogs.js';
import { stepsUnderWay, openPrompts } from '../run/index.js';
import type { Picture } from './picture.js';
import { emptyDraft, type Draft } from './screen-state.js';

type Offer = readonly [key: string, does: string];

/** What to press next, the most important first; and above it what the last key led to. */
export function drawFooter(picture: Picture): readonly Line[] {
  const { screen, size } = picture;
  const { notice } = screen;
  const says: Line = notice
    ? [
        {
          text: ` ${notice.text}`,
          tone: notice.level === 'warning' ? 'warning' : 'plain',
          bold: notice.level === 'warning',
        },
      ]
    : [{ text: ` ${situation(picture)}`, tone: 'dim' }];
  const keys = keyLine(nextKeys(picture), size.columns);
  if (size.rows < 16) return [notice === null ? keys : says];
  return [says, keys];
}

function situation({ screen, state, plan }: Picture): string {
  if (screen.sending !== null) return 'Being recorded.';
  if (screen.dialog || screen.view !== 'run') return '';
  const open = openPrompts(state).length;
  if (open > 0) return `Waiting for ${open === 1 ? 'an answer' : `${open} answers`}; the clocks go on.`;
  if (state.ended) return 'The run has ended.';
  if (state.held) return 'Held: nothing new starts until h is pressed.';
  return stepsUnderWay(plan, state).length > 0
    ? 'Nothing to answer: the engine works.'
    : 'Nothing to answer right now.';
}

function keyLine(offers: readonly Offer[], width: number): Line {
  let line: Span[] = [{ text: ' ' }];
  offers.forEach(([key, does], index) => {
    const main = index === 0;
    const next: Span[] = [
      ...(index === 0 ? [] : [{ text: '   ' }]),
      { text: key, bold: true, ...(main ? { inverse: true } : {}) },
      { text: ` ${does}`, ...(main ? { bold: true } : { tone: 'dim' as const }) },
    ];
    if (widthOf([...line, ...next]) <= width) line = [...line, ...next];
  });
  return cutLine(line, width);
}

function nextKeys(picture: Picture): Offer[] {
  const { screen, state, plan } = picture;
  if (screen.orphaned) return [['Esc', 'go on']];
  if (screen.dialog) {
    const { name, draft } = screen.dialog;
    return [
      ...formKeys(draft, dialogFields(name, plan, state, draft.values), true),
      ['Esc', 'leave, nothing is done'],
    ];
  }
  if (screen.view !== 'run')
    return [
      ['Esc', 'back to the run'],
      ['PgUp PgDn', 'scroll'],
      ['Home End', 'first, last'],
      ['?', 'help'],
    ];
  const rest = offeredKeys(state).map(({ shown, short }): Offer => [shown, short]);
  const help = rest.filter(([key]) => key === '?');
  const others = rest.filter(([key]) => key !== '?');
  const prompt = selectedPrompt(picture);
  if (!prompt && state.ended) return [['Enter', 'leave this screen'], ...help, ...others];
  if (!prompt) return [...help, ...others];
  const draft = screen.drafts[prompt.id] ?? emptyDraft;
  const tab: Offer[] = openPrompts(state).length > 1 ? [['Tab', 'next question']] : [];
  const keys = formKeys(draft, questionFields(prompt, contextOf(picture))(draft.values), screen.typing);
  if (screen.typing) return [...keys, ['Esc', 'stop typing'], ...tab];
  return [...keys, ...tab, ...help, ...others];
}

function formKeys(
  draft: Draft,
  fields: ReturnType<ReturnType<typeof questionFields>>,
  typing: boolean,
): Offer[] {
  const field = activeField(draft, fields);
  if (field === 'send')
    return [
      ['Enter', 'send'],
      ['Shift-Tab', 'back'],
    ];
  if (field === undefined) return [['Enter', 'send']];
  const back: Offer[] = fields.indexOf(field) > 0 ? [['Shift-Tab', 'back']] : [];
  if (field.kind === 'line') return typing ? [['Enter', 'accept'], ...back] : [['Enter', 'type'], ...back];
  if (draft.picks[field.key] !== undefined) return [['Enter', 'accept this choice'], ...back];
  const letters = field.options.flatMap((option): Offer[] =>
    option.key === undefined ? [] : [[option.key, option.value]],
  );
  if (letters.length > 0) return [...letters, ...back];
  return [
    [field.options.length > 1 ? `1-${Math.min(9, field.options.length)}` : '1', 'choose, then Enter'],
    ...back,
  ];
}
