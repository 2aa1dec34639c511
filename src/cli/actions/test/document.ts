import Type from 'typebox';
import type { HoldReason } from '../../../plan/plan.ts';
import type { Verdict } from '../../../plan/verdict.ts';
import { checkAgainst, type SchemaError } from '../../../policy/jsonSchema.ts';
import type { DocumentOf } from '../../../policy/schemaType.ts';

const text = (description: string) => Type.String({ minLength: 1, description });
const texts = (description: string) => Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description });
const count = Type.Optional(Type.Integer({ minimum: 0 }));
const closed = { additionalProperties: false } as const;

const VERDICTS = ['Required', 'Allowed', 'Denied', 'Unlisted', 'Excepted', 'Conflict', 'None'] as const satisfies (
  | Verdict
  | 'None'
)[];

const EXPECTATION = Type.Object(
  {
    policy: text('Policy: namespace/name, or only the name if it is unique.'),
    workspaces: Type.Optional(texts('IDs of the WorkSpaces.')),
    application: Type.Optional(text('ID of the application, or its name with the wildcards * and ?.')),
    verdict: Type.Optional(
      Type.Enum(VERDICTS, { description: 'Expected verdict. None: the policy does not evaluate the application.' }),
    ),
    action: Type.Optional(
      Type.Enum(['None', 'Associate', 'Disassociate', 'Deploy'], { description: 'Expected next action.' }),
    ),
    holdReason: Type.Optional(
      Type.Unsafe<HoldReason | 'None'>(text('Expected reason of the hold. None: the action is not on hold.')),
    ),
    plan: Type.Optional(
      Type.Object(
        { selected: count, disassociate: count, associate: count, deploy: count, held: count },
        { minProperties: 1, description: 'Expected counts of the plan.', ...closed },
      ),
    ),
  },
  {
    oneOf: [
      {
        required: ['workspaces', 'application'],
        anyOf: [{ required: ['verdict'] }, { required: ['action'] }, { required: ['holdReason'] }],
        not: { required: ['plan'] },
      },
      { required: ['plan'], not: { anyOf: [{ required: ['workspaces'] }, { required: ['application'] }] } },
    ],
    description: 'Expected result for an application on WorkSpaces, or expected plan of a policy.',
    ...closed,
  },
);

/** JSON schema of a wsap-test.yaml file, for validation and for editors. */
export const TEST_SCHEMA = Type.Object(
  {
    name: Type.Optional(text('Name of the test. Defaults to the name of the folder.')),
    policies: texts('Files or folders with policies, relative to this file.'),
    inventory: text('Inventory file from wsap inventory, relative to this file.'),
    at: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time of the test. Defaults to the time of the inventory.' }),
    ),
    expect: Type.Array(EXPECTATION, { minItems: 1, description: 'Expected results.' }),
  },
  { $schema: 'http://json-schema.org/draft-07/schema#', title: 'wsap-test.yaml', ...closed },
);

/** A wsap-test.yaml file: policies, an inventory, and expected results. */
export type PolicyTest = DocumentOf<typeof TEST_SCHEMA>;

/** An expected result. */
export type Expectation = DocumentOf<typeof EXPECTATION>;

const check = checkAgainst(TEST_SCHEMA);

/** Returns the test in a document, or the first invalid field and valid values. */
export function parseTest(document: unknown): PolicyTest | SchemaError {
  const problems = check(document);
  const [problem] = problems;
  if (problem === undefined) {
    return document as PolicyTest;
  }
  // An expectation has one of two forms. The errors of both forms would not show which one the author meant.
  const expectation = problems.length > 1 ? /^expect\[\d+\]/.exec(problem.field)?.[0] : undefined;
  return expectation === undefined
    ? problem
    : {
        field: expectation,
        message: 'must set either workspaces, application, and a verdict, action, or holdReason; or plan',
      };
}
