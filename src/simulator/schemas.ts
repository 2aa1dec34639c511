import Type from 'typebox';
import { shapeNamed } from './model.ts';

export const WORKSPACE_ID_SCHEMA = Type.String({
  pattern: '^ws-[0-9a-z]{8,63}$',
  description: 'WorkSpace ID: ws- followed by 8 to 63 characters 0-9 or a-z.',
});

export const APPLICATION_ID_SCHEMA = Type.String({
  pattern: '^wsa-[0-9a-z]{8,63}$',
  description: 'Application ID: wsa- followed by 8 to 63 characters 0-9 or a-z.',
});

export const DIRECTORY_ID_SCHEMA = Type.String({
  pattern: '^(d-[0-9a-f]{8,63}|wsd-[0-9a-z]{8,63})$',
  description: 'Directory ID: d- followed by 8 to 63 characters 0-9 or a-f.',
});

export const BUNDLE_ID_SCHEMA = Type.String({
  pattern: '^wsb-[0-9a-z]{8,63}$',
  description: 'Bundle ID: wsb- followed by 8 to 63 characters 0-9 or a-z.',
});

/** Returns the schema of an enum in the API model. */
export function modelEnum<Value extends string = string>(shape: string, description?: string) {
  return Type.Unsafe<Value>({ enum: shapeNamed(shape).enum, ...(description !== undefined && { description }) });
}

/** Returns an `if` of JSON Schema. */
export function conditional(condition: object, consequence: object, alternative?: object) {
  // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
  return { if: condition, then: consequence, ...(alternative !== undefined && { else: alternative }) };
}
