export interface Message {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/** One way to hand a message over. Resolves once the other side has it; rejects with `unavailable` when it does not. */
export interface Channel {
  /** As the record names it: `outbox`, `webhook hooks.example.org`, `command mail`. */
  readonly describe: string;
  deliver(message: Message): Promise<void>;
}
