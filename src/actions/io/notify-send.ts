import { Failure } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';

/** The templates are those of an incident: without this, whoever gets one in a drill would believe it. */
const drillNotice = 'This is a drill: nothing of what follows has really happened.';

export const notifySend = defineAction({
  name: 'notify.send',
  with: args(
    {
      message: { type: 'string', description: 'id of a message template' },
      to: { type: 'string', enum: ['internal', 'customers', 'management', 'regulator'] },
    },
    ['message', 'to'],
  ),
  outputs: {
    ok: 'whether it was handed over without an unfilled placeholder',
    channel: 'where it went',
    unfilled: 'placeholders nobody filled in',
  },
  effect: 'once',
  destroys: false,
  describe: (given) => `Send the message “${shown(given['message'])}” to ${shown(given['to'])}`,
  preview: (given) => [`<channel for ${shown(given['to'])}>: ${shown(given['message'])}`],
  perform: async (given, context) => {
    const id = text(given['message']);
    const to = text(given['to']);
    const template = context.messages.find((one) => one.id === id);
    if (template === undefined)
      throw new Failure('invalid', `no message template is called "${id}"`, {
        hint: `Known: ${context.messages.map((one) => one.id).join(', ')}.`,
      });
    const drill = context.run.mode === 'drill';
    const subject = context.fill(drill ? `[DRILL] ${template.subject}` : template.subject);
    const body = context.fill(drill ? `${drillNotice}\n\n${template.body}` : template.body);
    const unfilled = [...new Set([...subject.missing, ...body.missing])];
    // The short code of the journal's head goes out with every message: it anchors the record outside of it.
    const full = `${body.text.trimEnd()}\n\nRecord ${context.run.id}, code ${context.run.head.slice(0, 12)}\n`;
    const { channel } = await context.environment.deliver({ to, subject: subject.text, body: full });
    const evidence = await context.attach(
      `message ${id} to ${to}`,
      `To: ${to}\nChannel: ${channel}\nSubject: ${subject.text}\n\n${full}`,
      'txt',
    );
    return {
      outputs: { ok: unfilled.length === 0, channel, unfilled },
      evidence: [evidence],
      sent: { message: id, to, channel, subject: subject.text, unfilled },
    };
  },
});
