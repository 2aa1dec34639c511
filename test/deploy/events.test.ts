// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of CloudFormation and Terraform
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { eventPermissionsFor, type Statement } from '../../src/aws/permissions.ts';
import { EVENT_NAMES } from '../../src/eventbridge/eventNames.ts';
import { MAX_RECEIVE_COUNT } from '../../src/eventbridge/receiveCounts.ts';
import { accessEvent, callEvent, SAMPLES } from '../eventbridge/samples.ts';
import { type EventPattern, matchesPattern } from './eventPattern.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/events');
const TEMPLATES = ['account', 'organization-event-bus', 'organization-queue', 'organization-member'] as const;
type Template = (typeof TEMPLATES)[number];

// biome-ignore lint/suspicious/noExplicitAny: documents of two formats
type Json = any;

function cloudFormation(template: Template): Json {
  const document = parseDocument(readFileSync(join(FOLDER, 'cloudformation', `${template}.yaml`), 'utf8'));
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS();
}
const terraform = (template: Template): Json =>
  JSON.parse(readFileSync(join(FOLDER, 'terraform', template, 'main.tf.json'), 'utf8'));

const QUEUE_ARN = 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${Name}';

/** Names of the same things in both formats. */
const SAME: readonly (readonly [cloudFormation: string, terraform: string, name: string])[] = [
  ['GetAtt Queue.Arn', '${aws_sqs_queue.events.arn}', 'QUEUE'],
  [QUEUE_ARN, queueARN(), 'QUEUE'],
  ['GetAtt DeadLetterQueue.Arn', '${aws_sqs_queue.dead_letters.arn}', 'DEAD-LETTERS'],
  [`${QUEUE_ARN}-dead-letters`, `${queueARN()}-dead-letters`, 'DEAD-LETTERS'],
  ['GetAtt Key.Arn', '${aws_kms_key.events.arn}', 'KEY'],
  ['GetAtt Bus.Arn', '${aws_cloudwatch_event_bus.members.arn}', 'BUS'],
  [ruleARN('${Name}'), '${aws_cloudwatch_event_rule.events.arn}', 'RULE'],
  [ruleARN('${BusName}/${Name}'), '${aws_cloudwatch_event_rule.events.arn}', 'RULE'],
  ['Ref MemberAccountID', '${var.member_account_id}', 'MEMBER'],
  ['Ref OrganizationID', '${var.organization_id}', 'ORGANIZATION'],
  ['Ref RoleARN', '${var.role_arn}', 'ROLE'],
  ['Ref BusARN', '${var.bus_arn}', 'BUS'],
  [
    'arn:${AWS::Partition}:iam::${AWS::AccountId}:root',
    'arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root',
    'ROOT',
  ],
];
function ruleARN(name: string): string {
  return `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/${name}`;
}
function queueARN(): string {
  return [
    'arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}',
    '${data.aws_caller_identity.current.account_id}:${var.name}',
  ].join(':');
}

/** Returns a value of CloudFormation with the names of both formats in place of its functions. */
function resolved(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(resolved);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = value;
  const expression =
    (ref && `Ref ${ref}`) ?? (attribute && `GetAtt ${attribute.join('.')}`) ?? (text as string | undefined);
  if (expression !== undefined) {
    return SAME.find(([name]) => name === expression)?.[2] ?? expression;
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(member)]));
}

/** Returns a text of Terraform with the names of both formats in place of its expressions. */
const named = (text: string): string => SAME.find(([, expression]) => expression === text)?.[2] ?? text;

interface Policy {
  readonly sid: string;
  readonly effect: string;
  readonly principal: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly string[];
}

function policyOfCloudFormation(document: Json): Policy[] {
  return [resolved(document.Statement)].flat().map((statement: Json) => ({
    sid: statement.Sid,
    effect: statement.Effect,
    principal: JSON.stringify(statement.Principal ?? null),
    actions: [statement.Action].flat(),
    resources: [statement.Resource ?? []].flat(),
    conditions: Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys as object).map(([key, wanted]) => `${operator} ${key} ${wanted}`),
    ),
  }));
}

function policyOfTerraform({ statement }: Json): Policy[] {
  return statement.map((one: Json) => {
    const [{ type = '', identifiers = [] } = {}] = one.principals ?? [];
    const [identifier = ''] = identifiers;
    const principal = type === '' ? null : type === '*' ? '*' : { [type]: named(identifier) };
    return {
      sid: one.sid,
      effect: one.effect,
      principal: JSON.stringify(principal),
      actions: one.actions,
      resources: (one.resources ?? []).map(named),
      conditions: (one.condition ?? []).map(
        ({ test: operator, variable, values }: Json) => `${operator} ${variable} ${values.map(named)}`,
      ),
    };
  });
}

/** Policies of a template by the names of their documents in Terraform. */
function policies(template: Template): Record<string, Policy[]> {
  const { Resources: resources } = cloudFormation(template);
  const documents: Record<string, Json> = {
    key: resources.Key?.Properties.KeyPolicy,
    queue: resources.QueuePolicy?.Properties.PolicyDocument,
    dead_letters: resources.DeadLetterQueuePolicy?.Properties.PolicyDocument,
    receive: resources.ReceivePolicy?.Properties.PolicyDocument,
    bus: resources.BusPolicy?.Properties,
    assume: resources.Role?.Properties.AssumeRolePolicyDocument,
    send: resources.Role?.Properties.Policies[0].PolicyDocument,
  };
  return Object.fromEntries(
    Object.entries(documents)
      .filter(([, document]) => document !== undefined)
      .map(([name, document]) => [name, policyOfCloudFormation(document)]),
  );
}

const patternOf = (template: Template): EventPattern =>
  resolved(cloudFormation(template).Resources.Rule.Properties.EventPattern);

describe.each(TEMPLATES)('the template %s', (template) => {
  test('has the same policies in CloudFormation and Terraform', () => {
    const documents = Object.entries(terraform(template).data.aws_iam_policy_document);
    const ofTerraform = Object.fromEntries(documents.map(([name, one]) => [name, policyOfTerraform(one)]));
    const sorted = (list: Policy[]) => list.toSorted((a, b) => a.sid.localeCompare(b.sid));
    const bySid = (all: Record<string, Policy[]>) =>
      Object.fromEntries(Object.entries(all).map(([name, list]) => [name, sorted(list)]));
    expect(bySid(ofTerraform)).toEqual(bySid(policies(template)));
  });

  test('allows nothing to anyone without a condition, and names every action', () => {
    for (const { sid, effect, principal, actions, resources, conditions } of Object.values(policies(template)).flat()) {
      if (effect === 'Deny') {
        continue;
      }
      if (sid !== 'AccountManagesKey') {
        expect(actions.join()).not.toContain('*');
      }
      if (principal === '"*"') {
        expect(conditions).toContain('StringEquals aws:PrincipalOrgID ORGANIZATION');
      }
      if (principal.includes('events.amazonaws.com')) {
        // KMS gets the queue from SQS. AWS doesn't document that KMS also gets the rule from EventBridge.
        const ofKey = 'StringEquals kms:EncryptionContext:aws:sqs:arn QUEUE,DEAD-LETTERS';
        const isOfKey = actions.every((action) => action.startsWith('kms:'));
        expect(conditions).toEqual([isOfKey ? ofKey : 'ArnEquals aws:SourceArn RULE']);
      }
      // In the policy of a key, * is the key itself.
      if (resources.includes('*')) {
        expect(actions.every((action) => action.startsWith('kms:'))).toBe(true);
      }
    }
  });

  test('refers only to what it defines', () => {
    const { Parameters: parameters = {}, Resources: resources } = cloudFormation(template);
    const text = JSON.stringify(cloudFormation(template));
    const references = [
      ...[...text.matchAll(/"Ref":"([^"]+)"/g)].map(([, name]) => name),
      ...[...text.matchAll(/"Fn::GetAtt":\["([^"]+)"/g)].map(([, name]) => name),
      ...[...text.matchAll(/\$\{(?!AWS::)([^}]+)\}/g)].map(([, name]) => name),
    ];
    const defined = new Set([...Object.keys(parameters), ...Object.keys(resources)]);
    expect(references.filter((name) => !defined.has(name ?? ''))).toEqual([]);
    expect(Object.keys(parameters).filter((name) => !references.includes(name))).toEqual([]);

    const module = terraform(template);
    const expressions = [...JSON.stringify(module).matchAll(/\$\{([^}]*)\}/g)].map(([, expression = '']) => expression);
    const used = expressions.flatMap((expression) => expression.match(/\b(var|data|aws_\w+)(\.\w+)+/g) ?? []);
    const unknown = used.filter((path) => {
      const [first = '', second = '', third = ''] = path.split('.');
      const { [second]: variable } = module.variable;
      return first === 'var'
        ? variable === undefined
        : first === 'data'
          ? module.data[second]?.[third] === undefined
          : module.resource[first]?.[second] === undefined;
    });
    expect(unknown).toEqual([]);
    const variables = Object.keys(module.variable).filter((name) => !used.includes(`var.${name}`));
    expect(variables).toEqual([]);
    expect(used.length).toBeGreaterThan(2);
  });

  test('has the same parameters with the same defaults and patterns', () => {
    const { Parameters: parameters = {} } = cloudFormation(template);
    const ofCloudFormation = Object.entries<Json>(parameters).map(
      ([name, { Default: value, AllowedPattern: allowed }]) => [
        name
          .replace(/ID$/, 'Id')
          .replace(/ARN$/, 'Arn')
          .replace(/(?<!^)([A-Z])/g, '_$1')
          .toLowerCase(),
        value,
        allowed,
      ],
    );
    const ofTerraform = Object.entries<Json>(terraform(template).variable).map(([name, variable]) => [
      name,
      variable.default,
      /regex\("\^(.*)\$", /.exec(variable.validation?.[0].condition)?.[1],
    ]);
    expect(ofTerraform.toSorted()).toEqual(ofCloudFormation.toSorted());
  });
});

describe.each(['account', 'organization-queue', 'organization-member'] as const)(
  'the event pattern of %s',
  (template) => {
    const pattern = patternOf(template);
    /** An organization selects the account. */
    const toMember = (event: object) => (template === 'organization-queue' ? { ...event, account: 'MEMBER' } : event);

    test('is the same in Terraform', () => {
      const { event_pattern: text } = terraform(template).resource.aws_cloudwatch_event_rule.events;
      expect(JSON.parse(text, (_, value) => (typeof value === 'string' ? named(value) : value))).toEqual(pattern);
    });

    test.each(SAMPLES)('matches %s', (_, event) => {
      expect(matchesPattern(pattern, toMember(event))).toBe(true);
    });

    test.each<[string, object]>([
      ['a read', callEvent('DescribeWorkspaces', {})],
      ['a call on a directory', callEvent('ModifyWorkspaceCreationProperties', { resourceId: 'd-0123456789' })],
      ['a failed call', callEvent('RebuildWorkspaces', {}, null, { errorCode: 'AccessDenied' })],
      ['tags of a directory', callEvent('CreateTags', { resourceId: 'd-0123456789' })],
      ['tags of a bundle', callEvent('DeleteTags', { resourceId: 'wsb-0123456789' })],
      [
        'a call of another service',
        callEvent('CreateTags', { resourceId: 'ws-1' }, null, { eventSource: 'ec2.amazonaws.com' }),
      ],
      ['an event of another source', accessEvent({}, { source: 'custom.app' })],
      ['another detail type', accessEvent({}, { 'detail-type': 'AWS Service Event via CloudTrail' })],
    ])('does not match %s', (_, event) => {
      expect(matchesPattern(pattern, toMember(event))).toBe(false);
    });

    test('names every event that the operator reads, and no other', () => {
      const names = new Set(
        JSON.stringify(pattern)
          .match(/"[A-Z][A-Za-z]+(?: Access)?"/g)
          ?.map((text) => text.slice(1, -1)),
      );
      names.delete('MEMBER');
      expect([...names].sort()).toEqual([...EVENT_NAMES].sort());
    });
  },
);

test('the queue of an organization receives only the events of its account', () => {
  expect(matchesPattern(patternOf('organization-queue'), accessEvent())).toBe(false);
});

test('the role gets the permissions that wsap iam prints', () => {
  const arn = 'arn:aws:sqs:eu-central-1:123456789012:wsap-events';
  const printed = eventPermissionsFor([arn]).Statement.map(({ Sid, Action, Condition }: Statement) => ({
    sid: Sid,
    actions: [Action].flat(),
    conditions: JSON.stringify(Condition ?? {}).replaceAll(arn, 'QUEUE'),
  }));
  const [receive, decrypt] = policies('account').receive ?? [];
  expect(printed).toEqual([
    { sid: receive?.sid, actions: receive?.actions, conditions: '{}' },
    {
      sid: decrypt?.sid,
      actions: decrypt?.actions,
      conditions: '{"StringEquals":{"kms:EncryptionContext:aws:sqs:arn":"QUEUE"}}',
    },
  ]);
  expect(receive?.resources).toEqual(['QUEUE']);
  expect(decrypt).toMatchObject({
    resources: ['KEY'],
    conditions: ['StringEquals kms:EncryptionContext:aws:sqs:arn QUEUE'],
  });
});

test.each(['account', 'organization-queue'] as const)(
  'the queues of %s are encrypted, and have the same settings',
  (template) => {
    const { Queue: queue, DeadLetterQueue: deadLetters } = resolved(cloudFormation(template).Resources);
    const { events, dead_letters } = terraform(template).resource.aws_sqs_queue;
    const allow = terraform(template).resource.aws_sqs_queue_redrive_allow_policy.dead_letters.redrive_allow_policy;
    const parse = (text: string) => JSON.parse(text, (_, value) => (typeof value === 'string' ? named(value) : value));
    expect(queue.Properties).toMatchObject({
      KmsMasterKeyId: named(events.kms_master_key_id),
      MessageRetentionPeriod: events.message_retention_seconds,
      RedrivePolicy: parse(events.redrive_policy),
    });
    expect(queue.Properties.RedrivePolicy.maxReceiveCount).toBe(MAX_RECEIVE_COUNT);
    expect(deadLetters.Properties).toMatchObject({
      KmsMasterKeyId: named(dead_letters.kms_master_key_id),
      MessageRetentionPeriod: dead_letters.message_retention_seconds,
      RedriveAllowPolicy: parse(allow),
    });
    expect(events.kms_master_key_id).toBe('${aws_kms_key.events.arn}');
    expect(dead_letters.kms_master_key_id).toBe('${aws_kms_key.events.arn}');
  },
);
