import type { Position } from '../../base/index.js';
import type { ConfigurationDocument } from '../documents/configuration.js';
import type { DrillDocument } from '../documents/drill.js';
import type { PersonDocument } from '../documents/person.js';
import type { RunbookDocument } from '../documents/runbook.js';
import { isPlaceholder } from '../lint/placeholders.js';
import type { Person } from '../plan.js';
import { keyPlaceOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { given } from '../given.js';

export interface Bound {
  readonly people: { readonly [role: string]: Person };
  readonly observer?: Person;
}

/** Who has which role: given at the start, else by the drill, else by the configuration. */
export function bindPeople(
  parts: {
    readonly runbook: RunbookDocument;
    readonly drill: DrillDocument | null;
    readonly configuration: ConfigurationDocument | null;
    readonly overrides: { readonly [role: string]: Person };
  },
  asked: Position,
  report: Report,
): Bound {
  const { runbook, drill, configuration, overrides } = parts;
  const roles = Object.keys(runbook.roles);
  const people = new Map<string, { person: Person; place: Position }>();
  const fromConfiguration: { readonly [role: string]: PersonDocument } = configuration?.people ?? {};
  for (const [role, person] of Object.entries(fromConfiguration))
    if (roles.includes(role)) people.set(role, { person: planPerson(person), place: contactPlace(person) });
  for (const [role, person] of Object.entries(drill?.people ?? {})) {
    if (roles.includes(role)) people.set(role, { person: planPerson(person), place: contactPlace(person) });
    else if (drill?.people !== undefined)
      report.error(
        keyPlaceOf(drill.people, role),
        'unknown-role',
        `unknown role ${quote(role)}`,
        suggest(role, roles, 'Roles'),
      );
  }
  for (const [role, person] of Object.entries(overrides)) {
    if (roles.includes(role)) people.set(role, { person, place: asked });
    else report.error(asked, 'unknown-role', `unknown role ${quote(role)}`, suggest(role, roles, 'Roles'));
  }
  for (const { person, place } of people.values()) warnOfPlaceholder(person, place, report);
  const observer = drill?.observer;
  if (observer !== undefined) {
    warnOfPlaceholder(planPerson(observer), contactPlace(observer), report);
    for (const [role, { person }] of people) {
      if (!isSamePerson(person, observer)) continue;
      const message = `observer ${quote(observer.name)} is also ${role}`;
      report.error(
        placeOf(observer),
        'observer-has-role',
        message,
        'The observer has no other role in the drill.',
      );
    }
  }
  const bound = Object.fromEntries([...people].map(([role, { person }]) => [role, person]));
  return { people: bound, ...given('observer', observer === undefined ? undefined : planPerson(observer)) };
}

export function isSamePerson(one: Person, other: Person): boolean {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase();
  if (plain(one.name) === plain(other.name)) return true;
  return (
    one.contact !== undefined &&
    other.contact !== undefined &&
    !isPlaceholder(one.contact) &&
    plain(one.contact) === plain(other.contact)
  );
}

function planPerson(person: PersonDocument): Person {
  return { name: person.name, ...given('contact', person.contact) };
}

function contactPlace(person: PersonDocument): Position {
  return placeOf(person, person.contact === undefined ? 'name' : 'contact');
}

function warnOfPlaceholder(person: Person, place: Position, report: Report): void {
  const value = [person.contact, person.name].find((text) => text !== undefined && isPlaceholder(text));
  if (value === undefined) return;
  const hint = 'Fill it in: a placeholder reaches nobody.';
  report.warning(place, 'placeholder-contact', `${quote(value)} is a placeholder`, hint);
}
