import json from './model.json' with { type: 'json' };

/** One shape of the service's model, as botocore writes it; `members` and `member` hold names of shapes. */
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
  /** The exceptions that it is documented to throw. */
  readonly errors: readonly string[];
  /** What the X-Amz-Target header names before it, where that isn't TARGET_PREFIX. */
  readonly targetPrefix?: string;
  /** For a paged operation: the member that holds the results, and the input that bounds a page, where there is one. */
  readonly pages?: { readonly result: string; readonly limit?: string };
}

export type OperationName = keyof typeof json.operations;

const OPERATIONS: Readonly<Record<OperationName, ModelOperation>> = json.operations;
const SHAPES: Readonly<Record<string, Shape>> = json.shapes as Record<string, Shape>;

/** `WorkspacesService`, which the X-Amz-Target header names before the operation. */
export const TARGET_PREFIX = json.targetPrefix;

/** The operations served, in the model's order. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as OperationName[];

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/** The operation that an X-Amz-Target header names; the header itself if there is none. */
export function operationIn(target: string): string {
  const [prefix = '', name = ''] = target.split('.', 2);
  const expected = isOperation(name) ? operationNamed(name).targetPrefix : undefined;
  return prefix === (expected ?? TARGET_PREFIX) ? name : target;
}

export function operationNamed(name: OperationName): ModelOperation {
  return OPERATIONS[name];
}

/** Throws if the model has no such shape, which only a slip in this program can ask for. */
export function shapeNamed(name: string): Shape {
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (shape === undefined) {
    throw new Error(`the WorkSpaces model has no shape ${name}`);
  }
  return shape;
}

/** Names of the exceptions in the model. */
export const EXCEPTION_NAMES = Object.keys(SHAPES).filter((name) => SHAPES[name]?.exception === true);
