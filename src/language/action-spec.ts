import type { Json, JsonObject } from '../base/index.js';
import type { Effect, EnvironmentPlan } from './plan.js';

/** What an action looks like to the language: enough to validate, to describe and to preview, nothing to run. */
export interface ActionSpec {
  /** `family.verb-phrase`, e.g. `postgres.restore`. */
  readonly name: string;
  /** JSON Schema (draft 2020-12) of `with`; unknown keys must be rejected by it. */
  readonly with: JsonObject;
  /** The outputs a step may save or a check may expect, with a few words on each. */
  readonly outputs: { readonly [name: string]: string };
  /** What may be done after a crash when the step does not say otherwise. */
  readonly effect: Effect;
  /** Whether it can destroy data: then it has a guard, and a person confirms by typing the target's name. */
  readonly destroys: boolean;
  /** One sentence, present tense, for plan, confirmation, screen and report. `args` may still hold `${…}`. */
  describe(args: JsonObject): string;
  /**
   * The very commands and statements it would run there, one a line, for `firedrill plan`; `<…>` stands for what only the run knows.
   * A command that a declared environment lacks is named by the key to write.
   */
  preview(args: JsonObject, environment?: EnvironmentPlan): readonly string[];
}

/** A fault the lab can inject, as the language sees it. */
export interface FaultSpec {
  readonly name: string;
  readonly with: JsonObject;
  describe(args: JsonObject): string;
  preview(args: JsonObject): readonly string[];
}

/** Everything a document may refer to by name. */
export interface Vocabulary {
  readonly actions: ReadonlyMap<string, ActionSpec>;
  readonly faults: ReadonlyMap<string, FaultSpec>;
  /** Names that `${environment.…}` offers, by kind of environment, with an example value of the right type. */
  readonly environmentValues: {
    readonly lab: { readonly [name: string]: Json };
    readonly declared: { readonly [name: string]: Json };
  };
}
