import { type OperationName, operationNamed, shapeNamed } from './model.ts';
import { isObject, type JsonObject } from './validate.ts';

/**
 * Checks a response against the model. An unknown member or a wrong type is a bug in the simulator and throws. Enum
 * values aren't checked because AWS can add some before the model has them.
 */
export function assertOutput(operation: OperationName, output: JsonObject): void {
  assertShape(operationNamed(operation).output, output, operation);
}

/**
 * Whether an exception has a member. Some exceptions in the model lack even a message; exceptions outside of the model
 * can have any member.
 */
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
        throw bug(`${path}.${name}`, `isn't a member of ${shapeName}`);
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
