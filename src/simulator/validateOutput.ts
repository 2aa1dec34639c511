import { type OperationName, operationNamed, shapeNamed } from './model.ts';
import { isObject, type JsonObject } from './validate.ts';

/**
 * Holds the simulator to the model: an answer with a member that the model lacks, or of another type, is a bug in the simulator
 * and throws. Values of enums are not checked, as AWS may add some before anyone's model knows them.
 */
export function assertOutput(operation: OperationName, output: JsonObject): void {
  assertShape(operationNamed(operation).output, output, operation);
}

/** Says whether an exception of the model has this member: some have not even a message. Unmodelled ones have what they like. */
export function exceptionHas(type: string, member: string, known: readonly string[]): boolean {
  return !known.includes(type) || Object.hasOwn(shapeNamed(type).members ?? {}, member);
}

const JSON_TYPES = { string: 'string', boolean: 'boolean', integer: 'number', timestamp: 'number' } as const;

function assertShape(shapeName: string, value: unknown, path: string): void {
  const shape = shapeNamed(shapeName);
  if (shape.type === 'structure') {
    if (!isObject(value)) {
      throw bug(path, `must be a ${shapeName}`);
    }
    for (const [name, member] of Object.entries(value)) {
      const memberShape = shape.members?.[name];
      if (memberShape === undefined) {
        throw bug(`${path}.${name}`, `is no member of ${shapeName}`);
      }
      assertShape(memberShape, member, `${path}.${name}`);
    }
    for (const name of shape.required ?? []) {
      if (!Object.hasOwn(value, name)) {
        throw bug(`${path}.${name}`, 'is required');
      }
    }
  } else if (shape.type === 'list') {
    if (!Array.isArray(value)) {
      throw bug(path, `must be a list, ${shapeName}`);
    }
    for (const [index, item] of value.entries()) {
      assertShape(shape.member ?? '', item, `${path}[${index}]`);
    }
  } else if (typeof value !== JSON_TYPES[shape.type] || Number.isNaN(value)) {
    throw bug(path, `must be a ${shape.type}, not ${typeof value}`);
  }
}

function bug(path: string, problem: string): Error {
  return new Error(`bug in the simulator: ${path} ${problem}`);
}
