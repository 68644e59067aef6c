import { args, defineAction, shown, text } from '../define.js';

export const privacyStartClock = defineAction({
  name: 'privacy.start-clock',
  with: args(
    {
      regulator: { type: 'string', description: 'who has to be told' },
      hours: { type: 'integer', minimum: 1, maximum: 8760, description: 'within how many hours' },
      knownAt: {
        ...{ type: 'string', format: 'date-time' },
        description: 'when it was known or reasonably believed; now when not given',
      },
    },
    ['regulator', 'hours'],
  ),
  outputs: {
    knownAt: 'when the time began (UTC)',
    dueAt: 'when it ends (UTC)',
    regulator: 'who has to be told',
  },
  effect: 'once',
  destroys: false,
  describe: (given) =>
    `Put on record until when ${shown(given['regulator'])} has to be told: ${shown(given['hours'])} hours from knowledge or reasonable belief`,
  preview: (given) => [`now + ${shown(given['hours'])} h`],
  perform: ({ regulator, hours, knownAt }, { clock, output }) => {
    const from = typeof knownAt === 'string' ? new Date(knownAt) : new Date(clock.now());
    const dueAt = new Date(from.getTime() + Number(hours) * 3_600_000).toISOString();
    output(`${text(regulator)} has to be told until ${dueAt}\n`);
    return Promise.resolve({
      outputs: { knownAt: from.toISOString(), dueAt, regulator: text(regulator) },
    });
  },
});

export const privacyClockRuns = defineAction({
  name: 'privacy.clock-runs',
  with: args({ dueAt: { type: 'string', format: 'date-time' } }, ['dueAt']),
  outputs: { ok: 'whether that time is on record and still to come', hoursLeft: 'hours that are left' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether the time until ${shown(given['dueAt'])} still runs`,
  preview: (given) => [`${shown(given['dueAt'])} - now`],
  perform: ({ dueAt }, { clock }) => {
    const leftMs = Date.parse(text(dueAt)) - clock.now();
    return Promise.resolve({
      outputs: { ok: leftMs > 0, hoursLeft: Math.round(leftMs / 360_000) / 10 },
    });
  },
});
