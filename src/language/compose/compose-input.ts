import type { ChecklistDocument } from '../documents/checklist.js';
import type { ConfigurationDocument } from '../documents/configuration.js';
import type { DrillDocument } from '../documents/drill.js';
import type { MessagesDocument } from '../documents/messages.js';
import type { RubricDocument } from '../documents/rubric.js';
import type { RunbookDocument } from '../documents/runbook.js';
import type { Vocabulary } from '../action-spec.js';
import type { EarlierRun, Mode, Person, Plan, SourceCopy } from '../plan.js';

/** Everything a run is made of, already read. */
export interface ComposeInput {
  /** Null: no `firedrill.yaml`; then there is the built-in lab and nothing else. */
  readonly configuration: ConfigurationDocument | null;
  /** Name of the environment, when somebody typed one; else the drill says. */
  readonly environment?: string | undefined;
  readonly runbook: RunbookDocument;
  readonly drill?: DrillDocument | null | undefined;
  /** Null: the rubric `evidence`. */
  readonly rubric?: RubricDocument | null | undefined;
  /** Of the runbook and of the drill. */
  readonly messages: readonly MessagesDocument[];
  readonly checklists: {
    readonly before?: ChecklistDocument | undefined;
    readonly after?: ChecklistDocument | undefined;
  };
  readonly vocabulary: Vocabulary;
  readonly mode: Mode;
  readonly unattended: boolean;
  /** Typed values of inputs: name → text. */
  readonly inputs?: { readonly [name: string]: string } | undefined;
  /** Typed bindings: role → person. */
  readonly people?: { readonly [role: string]: Person } | undefined;
  readonly earlier?: EarlierRun | undefined;
  readonly versions: Plan['versions'];
  readonly sources: readonly SourceCopy[];
}
