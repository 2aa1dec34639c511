import type { PolicyDocument, Statement } from '../aws/permissions.ts';
import { compileGlob, matchesGlob } from '../policy/glob.ts';

/** Access that IAM decides on. A call with several resources requires access to each of them. */
export interface Access {
  /** Action, for example, `workspaces:DescribeTags`. */
  readonly action: string;
  /** ARN, or `*` for an action without resources. */
  readonly resource: string;
  /** Values of condition keys by key. */
  readonly context: Readonly<Record<string, string>>;
}

export type AccessDecision = 'Allow' | 'ImplicitDeny' | 'ExplicitDeny';

/**
 * Returns the decision of IAM for a single policy. A Deny overrides every Allow, and access that no statement allows is
 * denied.
 */
export function decideAccess({ Statement: statements }: PolicyDocument, access: Access): AccessDecision {
  const effects = statements.filter((statement) => applies(statement, access)).map(({ Effect }) => Effect);
  if (effects.includes('Deny')) {
    return 'ExplicitDeny';
  }
  return effects.includes('Allow') ? 'Allow' : 'ImplicitDeny';
}

function applies({ Action, Resource, Condition = {} }: Statement, { action, resource, context }: Access): boolean {
  const values = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return (
    [Action].flat().some((pattern) => matchesGlob(compileGlob(pattern.toLowerCase()), action.toLowerCase())) &&
    [Resource].flat().some((pattern) => pattern === '*' || matchesArn(pattern, resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        conditionHolds(operator as Operator, values.get(key.toLowerCase()), [wanted].flat()),
      ),
    )
  );
}

/** Matches segment by segment because a wildcard doesn't span segments. */
function matchesArn(pattern: string, arn: string): boolean {
  const [patterns, segments] = [segmentsOf(pattern), segmentsOf(arn)];
  return (
    patterns.length === segments.length &&
    patterns.every((glob, index) => matchesGlob(compileGlob(glob), segments[index] ?? ''))
  );
}

/** Splits an ARN into partition, service, region, account, and resource. The resource can contain colons. */
function segmentsOf(arn: string): string[] {
  const [scheme = '', partition = '', service = '', region = '', account = '', ...resource] = arn.split(':');
  return resource.length === 0 ? [arn] : [scheme, partition, service, region, account, resource.join(':')];
}

/** Condition operators that IAM_POLICY_SCHEMA allows. */
type Operator = 'StringEquals' | 'StringNotEquals' | 'StringLike' | 'Null';

/** Whether a condition holds for a value. The value is undefined if the request has no such key. */
function conditionHolds(operator: Operator, value: string | undefined, wanted: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return value !== undefined && wanted.includes(value);
    case 'StringNotEquals':
      return value === undefined || !wanted.includes(value);
    case 'StringLike':
      return value !== undefined && wanted.some((pattern) => matchesGlob(compileGlob(pattern), value));
    case 'Null':
      return wanted.includes(String(value === undefined));
  }
}
