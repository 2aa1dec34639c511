import type { HoldReason } from '../../../plan/plan.ts';
import type { Verdict } from '../../../plan/verdict.ts';
import { checkAgainst, type SchemaError } from '../../../policy/jsonSchema.ts';

/** What a wsap-test.yaml says: policies, an inventory, and what is expected of them. */
export interface PolicyTest {
  readonly name?: string;
  /** Files or folders, from the folder of the test. */
  readonly policies: readonly string[];
  /** A file as `wsap inventory` writes it, from the folder of the test. */
  readonly inventory: string;
  /** RFC 3339: when it is; by default when the inventory was taken. */
  readonly at?: string;
  readonly expect: readonly Expectation[];
}

/** What a policy is to say of an application on WorkSpaces, or what its plan is to come to. */
export interface Expectation {
  /** `namespace/name`, or the name alone where that is enough. */
  readonly policy: string;
  readonly workspaces?: readonly string[];
  /** An id, or a name with * and ?. */
  readonly application?: string;
  /** None: the policy says nothing about it. */
  readonly verdict?: Verdict | 'None';
  /** What is to be done next. None: nothing. */
  readonly action?: 'None' | 'Associate' | 'Disassociate' | 'Deploy';
  /** Why that isn't done now; None: it is. */
  readonly holdReason?: HoldReason | 'None';
  readonly plan?: Partial<Record<'selected' | 'disassociate' | 'associate' | 'deploy' | 'held', number>>;
}

const text = { type: 'string', minLength: 1 };
const number = { type: 'integer', minimum: 0 };

/** JSON schema of the file, also for editors. */
export const TEST_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'wsap-test.yaml',
  type: 'object',
  additionalProperties: false,
  required: ['policies', 'inventory', 'expect'],
  properties: {
    name: text,
    policies: { type: 'array', minItems: 1, items: text },
    inventory: text,
    at: { type: 'string', format: 'date-time' },
    expect: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['policy'],
        properties: {
          policy: text,
          workspaces: { type: 'array', minItems: 1, items: text },
          application: text,
          verdict: { enum: ['Required', 'Allowed', 'Denied', 'Unlisted', 'Excepted', 'Conflict', 'None'] },
          action: { enum: ['None', 'Associate', 'Disassociate', 'Deploy'] },
          holdReason: text,
          plan: {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            properties: { selected: number, disassociate: number, associate: number, deploy: number, held: number },
          },
        },
        oneOf: [
          {
            required: ['workspaces', 'application'],
            anyOf: [{ required: ['verdict'] }, { required: ['action'] }, { required: ['holdReason'] }],
            not: { required: ['plan'] },
          },
          { required: ['plan'], not: { anyOf: [{ required: ['workspaces'] }, { required: ['application'] }] } },
        ],
      },
    },
  },
} as const;

const check = checkAgainst(TEST_SCHEMA);

/** The test in a document, or what is wrong with it: the field, and what would be right. */
export function parseTest(document: unknown): PolicyTest | SchemaError {
  const problems = check(document);
  const [problem] = problems;
  if (problem === undefined) {
    return document as PolicyTest;
  }
  // An expectation is of one of two forms; what it lacks of each tells nobody which was meant.
  const expectation = problems.length > 1 ? /^expect\[\d+\]/.exec(problem.field)?.[0] : undefined;
  return expectation === undefined
    ? problem
    : {
        field: expectation,
        message: 'expect a verdict, an action or a holdReason of an application on workspaces, or a plan',
      };
}
