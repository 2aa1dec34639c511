import { ServiceError, serialization } from './errors.ts';
import { type OperationName, operationNamed, type Shape, shapeNamed } from './model.ts';
import { UNDOCUMENTED_DEFAULTS, type Undocumented } from './undocumented.ts';

export type JsonObject = Record<string, unknown>;

/**
 * Validates a request as AWS does: throws a SerializationException for a value of the wrong type, else one exception
 * that lists all violated constraints. AWS documents it for the Resource Groups Tagging API only. Returns the request without unknown members, which AWS
 * ignores, and without nulls.
 */
export function validateInput(
  operation: OperationName,
  input: unknown,
  { malformedInput }: Pick<Undocumented, 'malformedInput'> = UNDOCUMENTED_DEFAULTS,
): JsonObject {
  const { input: shapeName } = operationNamed(operation);
  const violations: string[] = [];
  const accepted = checkStructure(shapeNamed(shapeName), input, '', violations);
  if (violations.length > 0) {
    const count = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`;
    const type = operation === 'GetResources' ? 'InvalidParameterException' : malformedInput;
    throw new ServiceError(type, `${count} detected: ${violations.join('; ')}`);
  }
  return accepted;
}

function checkStructure(shape: Shape, value: unknown, path: string, violations: string[]): JsonObject {
  if (!isObject(value)) {
    throw wrongType(path || 'the request', value, 'a Structure');
  }
  const accepted: JsonObject = {};
  for (const [name, memberShape] of Object.entries(shape.members ?? {})) {
    const member = value[name] ?? undefined;
    const memberPath = path === '' ? name : `${path}.${name}`;
    if (member === undefined) {
      if (shape.required?.includes(name)) {
        violations.push(violation(memberPath, 'null', 'Member must not be null'));
      }
    } else {
      accepted[name] = checkValue(shapeNamed(memberShape), member, memberPath, violations);
    }
  }
  return accepted;
}

function checkValue(shape: Shape, value: unknown, path: string, violations: string[]): unknown {
  switch (shape.type) {
    case 'structure':
      return checkStructure(shape, value, path, violations);
    case 'list':
      return checkList(shape, value, path, violations);
    case 'string':
      if (typeof value !== 'string') {
        throw wrongType(path, value, 'a String');
      }
      break;
    case 'boolean':
      if (typeof value !== 'boolean') {
        throw wrongType(path, value, 'a Boolean');
      }
      break;
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        throw wrongType(path, value, 'an Integer');
      }
      break;
    case 'timestamp':
      if (typeof value !== 'number') {
        throw wrongType(path, value, 'a Timestamp');
      }
      break;
  }
  violations.push(...violatedConstraints(shape, value).map((constraint) => violation(path, `'${value}'`, constraint)));
  return value;
}

function checkList(shape: Shape, value: unknown, path: string, violations: string[]): unknown[] {
  if (!Array.isArray(value)) {
    throw wrongType(path, value, 'a List');
  }
  violations.push(...violatedLength(shape, value.length).map((text) => violation(path, formatList(value), text)));
  const member = shapeNamed(shape.member ?? '');
  for (const [index, item] of value.entries()) {
    if (item === null) {
      throw serialization(`${path}[${index}]: null can not be a member of a List`);
    }
    const itemViolations: string[] = [];
    checkValue(member, item, `${path}[${index}]`, itemViolations);
    if (itemViolations.length === 0) {
      continue;
    }
    // AWS shows the list instead of the invalid member.
    violations.push(
      violation(path, formatList(value), `Member must satisfy constraint: [${violatedConstraints(member, item)}]`),
    );
    break;
  }
  return value;
}

/** Returns the violated constraints of a scalar, in the words of AWS. */
function violatedConstraints(shape: Shape, value: unknown): string[] {
  if (typeof value === 'number') {
    const isTooLarge = shape.max !== undefined && value > shape.max;
    const isTooSmall = shape.min !== undefined && value < shape.min;
    if (isTooLarge) {
      return [`Member must have value less than or equal to ${shape.max}`];
    }
    return isTooSmall ? [`Member must have value greater than or equal to ${shape.min}`] : [];
  }
  if (typeof value !== 'string') {
    return [];
  }
  const texts = violatedLength(shape, value.length);
  if (shape.pattern !== undefined && !fullMatch(shape.pattern).test(value)) {
    texts.push(`Member must satisfy regular expression pattern: ${shape.pattern}`);
  }
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    texts.push(`Member must satisfy enum value set: [${shape.enum.join(', ')}]`);
  }
  return texts;
}

const expressions = new Map<string, RegExp>();

/** Returns an expression that matches the whole text. */
function fullMatch(pattern: string): RegExp {
  const expression = expressions.get(pattern) ?? new RegExp(`^(?:${pattern})$`);
  expressions.set(pattern, expression);
  return expression;
}

function violatedLength({ min, max }: Shape, length: number): string[] {
  if (max !== undefined && length > max) {
    return [`Member must have length less than or equal to ${max}`];
  }
  return min !== undefined && length < min ? [`Member must have length greater than or equal to ${min}`] : [];
}

/** Formats a violation. AWS shows the name of a member with a lowercase first letter. */
function violation(path: string, value: string, constraint: string): string {
  const member = path.slice(0, 1).toLowerCase() + path.slice(1);
  return `Value ${value} at '${member}' failed to satisfy constraint: ${constraint}`;
}

const formatList = (list: readonly unknown[]) => `'[${list.join(', ')}]'`;

function wrongType(path: string, value: unknown, expected: string): ServiceError {
  const found = Array.isArray(value) ? 'LIST' : value === null ? 'NULL' : (typeof value).toUpperCase();
  return serialization(`${path}: ${found}_VALUE can not be converted to ${expected}`);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
