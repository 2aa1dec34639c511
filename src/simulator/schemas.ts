import Type, { type TProperties } from 'typebox';
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

export const IMAGE_ID_SCHEMA = Type.String({
  pattern: '^wsi-[0-9a-z]{9,63}$',
  description: 'Image ID: wsi- followed by 9 to 63 characters 0-9 or a-z.',
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

/** Returns the schema of an object without further fields. */
export function closedObject<Properties extends TProperties>(properties: Properties, options: object = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

export const DURATION_PATTERN = '^[0-9]+(ms|s|m|h|d)$';

export const DURATION_SCHEMA = Type.String({
  pattern: DURATION_PATTERN,
  description: 'Duration: a whole number and a unit, for example, 500ms, 10s, 5m, 2h, or 60d.',
});
