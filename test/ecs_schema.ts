// deno-lint-ignore-file camelcase -- the list is spelled as Elastic has it

/**
 * Judges events by the field list that Elastic publishes.
 *
 * @module
 */

import { EcsFlat, EcsVersion } from "@elastic/ecs";

/** Version of the list. */
export const SCHEMA_VERSION: string = EcsVersion;

/** What the list says of a field. */
interface FieldRule {
  readonly type: string;
  readonly normalize: readonly string[];
  readonly pattern?: string;
  readonly allowed_values?: readonly AllowedValue[];
  readonly expected_values?: readonly string[];
}

interface AllowedValue {
  readonly name: string;
  readonly expected_event_types?: readonly string[];
}

const RULES = EcsFlat as unknown as Readonly<Record<string, FieldRule>>;

/** Fields that no event may be without. */
const REQUIRED = ["@timestamp", "ecs.version", "event.kind"];

const IP = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/;

/** What a value of each type has to be. */
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === "boolean",
  constant_keyword: (value) => typeof value === "string",
  date: (value) =>
    typeof value === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  float: (value) => typeof value === "number",
  ip: (value) => typeof value === "string" && IP.test(value),
  keyword: (value) => typeof value === "string",
  long: (value) => Number.isSafeInteger(value),
  match_only_text: (value) => typeof value === "string",
  text: (value) => typeof value === "string",
  wildcard: (value) => typeof value === "string",
};

/**
 * Checks an event.
 *
 * @param event The event, as parsed from its line.
 * @param own Name under which there may be anything.
 * @returns What is wrong with it, one line each.
 */
export function complaintsAbout(event: object, own: string): string[] {
  const leaves = [...leavesOf(event)];
  const names = new Set(leaves.map(([name]) => name));
  return [
    ...REQUIRED.filter((name) => !names.has(name))
      .map((name) => `${name} is missing`),
    ...leaves.filter(([name]) => !name.startsWith(`${own}.`))
      .flatMap(([name, value]) => complaintsAboutField(name, value)),
    ...complaintsAboutType(new Map(leaves)),
  ];
}

function complaintsAboutField(name: string, value: unknown): string[] {
  const rule = RULES[name];
  if (rule === undefined) return [`${name} is no field of ECS`];
  const isList = rule.normalize.includes("array");
  if (isList !== Array.isArray(value)) {
    return [`${name} is ${isList ? "no" : "a"} list`];
  }
  const allowed = rule.allowed_values?.map((it) => it.name);
  return [value].flat().flatMap((one) => [
    ...TYPES[rule.type]!(one) ? [] : [`${name} is no ${rule.type}: ${one}`],
    ...!allowed || allowed.includes(`${one}`)
      ? []
      : [`${name} may not be ${one}`],
    ...!rule.pattern || new RegExp(rule.pattern).test(`${one}`)
      ? []
      : [`${name} does not match: ${one}`],
    ...!rule.expected_values || rule.expected_values.includes(`${one}`)
      ? []
      : [`${name} is not expected to be ${one}`],
  ]);
}

/** Types of an event have to go with one of its categories. */
function complaintsAboutType(leaves: ReadonlyMap<string, unknown>): string[] {
  const categories = [leaves.get("event.category") ?? []].flat();
  const expected = RULES["event.category"]!.allowed_values!
    .filter(({ name }) => categories.includes(name))
    .flatMap((it) => it.expected_event_types ?? []);
  return [leaves.get("event.type") ?? []].flat()
    .filter((type) => !expected.includes(`${type}`))
    .map((type) => `event.type ${type} does not go with ${categories}`);
}

/** Dotted names and values; lists are values. */
function* leavesOf(
  value: object,
  prefix = "",
): Generator<[name: string, value: unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
      yield* leavesOf(inner, `${prefix}${key}.`);
    } else {
      yield [`${prefix}${key}`, inner];
    }
  }
}
