/**
 * Ways to deliver a message: a folder, a webhook, a command.
 * Promise: what resolves was accepted by the other side; an address that is a secret is never shown.
 */
export { commandChannel } from './command.js';
export type { Channel, Message } from './message.js';
export { outboxChannel } from './outbox.js';
export { webhookChannel } from './webhook.js';
