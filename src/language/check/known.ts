import type { FieldDocument } from '../documents/step-forms.js';
import type { ResolvedStep } from './resolve-step.js';

/** What later steps may refer to. */
export interface KnownStep {
  readonly id: string;
  readonly saved: readonly string[];
  /** Fields of its form; for a decision the field `option`. */
  readonly answers: ReadonlyMap<string, FieldDocument | { readonly options: readonly string[] }>;
}

export function knownStep(step: ResolvedStep): KnownStep {
  const answers = new Map<string, FieldDocument | { readonly options: readonly string[] }>();
  for (const [name, field] of Object.entries(step.ask ?? {})) answers.set(name, field);
  if (step.decide !== undefined) answers.set('option', { options: Object.keys(step.decide.options) });
  return { id: step.id, saved: Object.keys(step.saves ?? {}), answers };
}

/** The steps that stand before a place in written order. What a block holds is known after it, not beside it. */
export class Known {
  private readonly steps = new Map<string, KnownStep>();

  get(id: string): KnownStep | undefined {
    return this.steps.get(id);
  }

  all(): KnownStep[] {
    return [...this.steps.values()];
  }

  add(step: KnownStep): void {
    this.steps.set(step.id, step);
  }

  /** Runs each block as if the others were not there, and then knows what all of them hold. */
  sideBySide(blocks: readonly (() => readonly KnownStep[])[]): readonly KnownStep[] {
    const added: KnownStep[] = [];
    for (const block of blocks) {
      const own = block();
      for (const step of own) this.steps.delete(step.id);
      added.push(...own);
    }
    for (const step of added) this.steps.set(step.id, step);
    return added;
  }
}
