import type { JsonObject } from '../base/index.js';
import type { PromptKind } from './facts.js';

/** What people were asked, answered, decided and noted. */
export type PeopleEvent =
  | {
      readonly type: 'roles-bound';
      readonly data: { readonly people: { readonly [role: string]: { readonly name: string } } };
    }
  | {
      readonly type: 'prompt-opened';
      readonly data: {
        readonly prompt: string;
        readonly kind: PromptKind;
        readonly step: string | null;
        readonly role: string | null;
        readonly text: string;
        /** Word that must be typed (`confirm`), or the options there are (`decide`, `failure`, `resume`). */
        readonly options: readonly string[];
        readonly suggest: string | null;
        readonly timeoutMs: number | null;
      };
    }
  | {
      readonly type: 'prompt-answered';
      readonly data: { readonly prompt: string; readonly answer: JsonObject; readonly reason: string | null };
    }
  | {
      readonly type: 'prompt-withdrawn';
      readonly data: { readonly prompt: string; readonly because: string };
    }
  | {
      readonly type: 'prompt-overdue';
      readonly data: { readonly prompt: string; readonly action: 'remind' | 'escalate' | 'fail' };
    }
  | {
      readonly type: 'deviation-recorded';
      readonly data: {
        readonly kind:
          'skip' | 'reorder' | 'ad-hoc' | 'changed-argument' | 'override' | 'break-glass' | 'by-hand';
        readonly step: string | null;
        readonly reason: string;
      };
    }
  | { readonly type: 'note-taken'; readonly data: { readonly text: string } }
  | { readonly type: 'held'; readonly data: { readonly reason: string } }
  | { readonly type: 'released'; readonly data: Record<string, never> }
  | {
      readonly type: 'stop-requested';
      readonly data: { readonly reason: string; readonly how: 'person' | 'signal' | 'failure' };
    };
