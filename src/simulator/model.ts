import json from './model.json' with { type: 'json' };

/** Shape of the service model in the format of botocore. `members` and `member` contain names of shapes. */
export interface Shape {
  readonly type: 'structure' | 'list' | 'string' | 'integer' | 'boolean' | 'timestamp';
  readonly exception?: boolean;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, string>>;
  readonly member?: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface ModelOperation {
  readonly input: string;
  readonly output: string;
  /** Documented exceptions. */
  readonly errors: readonly string[];
  /** Prefix in the X-Amz-Target header. Defaults to `TARGET_PREFIX`. */
  readonly targetPrefix?: string;
  /** Paging: the member with the results, and the input member with the page size, if any. */
  readonly pages?: { readonly result: string; readonly limit?: string };
}

export type OperationName = keyof typeof json.operations;

const OPERATIONS: Readonly<Record<OperationName, ModelOperation>> = json.operations;
const SHAPES: Readonly<Record<string, Shape>> = json.shapes as Record<string, Shape>;

/** Prefix in the X-Amz-Target header: `WorkspacesService`. */
const TARGET_PREFIX = json.targetPrefix;

/** Supported operations in the order of the model. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as OperationName[];

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/** Returns the operation of an X-Amz-Target header, or the header itself if it has none. */
export function operationIn(target: string): string {
  const [prefix = '', name = ''] = target.split('.', 2);
  return prefix === (isOperation(name) ? servicePrefix(name) : TARGET_PREFIX) ? name : target;
}

/** Returns the name of an operation's service in requests. */
export function servicePrefix(name: OperationName): string {
  return operationNamed(name).targetPrefix ?? TARGET_PREFIX;
}

export function operationNamed(name: OperationName): ModelOperation {
  return OPERATIONS[name];
}

/** Returns a shape. Throws if the model lacks it, which is a bug in the simulator. */
export function shapeNamed(name: string): Shape {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (shape === undefined) {
    throw new Error(`the WorkSpaces model has no shape ${name}`);
  }
  return shape;
}

/** Names of all exceptions in the model. */
export const EXCEPTION_NAMES = Object.keys(SHAPES).filter((name) => SHAPES[name]?.exception === true);
