import { personOf } from '../run/index.js';
import { dialogFields, dialogInput } from './dialogs.js';
import { reduceForm } from './form.js';
import type { Key } from './key.js';
import { only, warn, type Reduced, type ScreenContext, type ScreenState } from './screen-state.js';

/** One key while a dialog is open: it gets them all, Esc leaves it without doing anything. */
export function reduceDialog(
  screen: ScreenState,
  dialog: NonNullable<ScreenState['dialog']>,
  key: Key,
  context: ScreenContext,
): Reduced {
  const { name, draft } = dialog;
  const { plan, state } = context;
  if (key.name === 'escape')
    return only({
      ...screen,
      dialog: null,
      interrupted: false,
      notice: { text: `${name}: left, nothing was done`, level: 'info' },
    });
  const result = reduceForm(draft, (values) => dialogFields(name, plan, state, values), key);
  switch (result.kind) {
    case 'changed':
      return only({ ...screen, dialog: { name, draft: result.draft } });
    case 'problem':
      return warn({ ...screen, dialog: { name, draft: result.draft } }, result.problem);
    case 'ignored':
      return only(screen);
    case 'complete': {
      const closed = { ...screen, dialog: null };
      const by = screen.me ?? context.operator;
      const input = dialogInput(name, plan, state, result.draft.values, by);
      if (input)
        return { screen: { ...closed, sending: name }, effects: [{ do: 'submit', to: name, input }] };
      const role = result.draft.values['who'];
      return only({
        ...closed,
        me: typeof role === 'string' ? personOf(plan, state, role, context.operator) : closed.me,
      });
    }
  }
}
