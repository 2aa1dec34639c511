import type { PolicyDocument, Statement } from '../aws/permissions.ts';
import { matchesGlob } from '../policy/glob.ts';

/** One thing that IAM decides on. A call that is about several resources is allowed if each of them is. */
export interface Access {
  /** As `workspaces:DescribeTags`. */
  readonly action: string;
  /** An ARN, or `*` where the action knows no resources. */
  readonly resource: string;
  /** Values of condition keys. */
  readonly context: Readonly<Record<string, string>>;
}

export type AccessDecision = 'Allow' | 'ImplicitDeny' | 'ExplicitDeny';

/** What IAM decides by one policy alone: a Deny beats every Allow, and what nothing allows is denied. */
export function decideAccess({ Statement: statements }: PolicyDocument, access: Access): AccessDecision {
  const effects = statements.filter((statement) => isAbout(statement, access)).map(({ Effect }) => Effect);
  if (effects.includes('Deny')) {
    return 'ExplicitDeny';
  }
  return effects.includes('Allow') ? 'Allow' : 'ImplicitDeny';
}

function isAbout({ Action, Resource, Condition = {} }: Statement, { action, resource, context }: Access): boolean {
  const values = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return (
    [Action].flat().some((pattern) => matchesGlob(pattern.toLowerCase(), action.toLowerCase())) &&
    [Resource].flat().some((pattern) => pattern === '*' || matchesArn(pattern, resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(operator as Operator, values.get(key.toLowerCase()), [wanted].flat()),
      ),
    )
  );
}

/** Segment by segment: a wildcard in one doesn't reach into the next. */
function matchesArn(pattern: string, arn: string): boolean {
  const [wanted, given] = [segmentsOf(pattern), segmentsOf(arn)];
  return wanted.length === given.length && wanted.every((segment, index) => matchesGlob(segment, given[index] ?? ''));
}

/** Partition, service, region, account, and the resource, which may have colons of its own. */
function segmentsOf(arn: string): string[] {
  const [scheme = '', partition = '', service = '', region = '', account = '', ...resource] = arn.split(':');
  return resource.length === 0 ? [arn] : [scheme, partition, service, region, account, resource.join(':')];
}

/** Those that seedSchema.json admits. */
type Operator = 'StringEquals' | 'StringNotEquals' | 'StringLike' | 'Null';

/** Whether a condition holds for a value, which is undefined where the request has no such key. */
function holds(operator: Operator, value: string | undefined, wanted: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return value !== undefined && wanted.includes(value);
    case 'StringNotEquals':
      return value === undefined || !wanted.includes(value);
    case 'StringLike':
      return value !== undefined && wanted.some((pattern) => matchesGlob(pattern, value));
    case 'Null':
      return wanted.includes(String(value === undefined));
  }
}
