import type { MessageFact } from './messages.js';
import type { MessageInput } from './score-inputs.js';

export function messageInput(message: MessageFact): MessageInput {
  const lost = message.sentAt !== null && message.deadlineMs !== null && message.actualMs === null;
  return {
    id: message.step ?? message.id,
    deadlineMs: message.deadlineMs,
    sent: message.sentAt !== null,
    actualMs: message.actualMs,
    unfilled: message.unfilled.length,
    provenance: lost ? 'not-measured' : 'measured',
    evidence: message.evidence,
    note: lost
      ? `its deadline counts from ${message.deadlineOf ?? 'a point'}, which was not measured`
      : message.sentAt === null
        ? 'never sent'
        : `sent by ${message.channel ?? 'an unnamed channel'}`,
  };
}
