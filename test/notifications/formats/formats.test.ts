import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/notifications/deliveryRecords.ts';
import { composeMessage, fitEntries } from '../../../src/notifications/message.ts';
import type { NotifiedPolicy } from '../../../src/notifications/notices.ts';
import { countDescribed, receiverRequest } from '../../../src/notifications/receiverRequest.ts';
import type { ProviderType } from '../../../src/policy/notificationProvider.ts';
import { approvalPreview } from '../../../src/status/approvalPreview.ts';
import { conditionOf, noticeOf, policyWith, providerWith, waitingPolicy } from '../policies.ts';

const NOW = new Date('2027-01-02T03:04:05Z');
const TYPES: readonly ProviderType[] = ['slack', 'msteams', 'generic-hmac', 'alertmanager', 'sns'];

function requestFor(
  policies: readonly NotifiedPolicy[],
  overrides: Parameters<typeof providerWith>[0] = {},
  token: string | undefined = undefined,
) {
  const provider = providerWith(overrides);
  const batch: Batch = { messageID: 'message-1', notices: policies.map(noticeOf) };
  const { headers, body } = receiverRequest(composeMessage(batch, provider, NOW), provider, token);
  return { headers, body, json: JSON.parse(body) };
}

const policy = waitingPolicy();
const preview = approvalPreview({ metadata: policy.metadata, status: policy.status });
const COMMAND = 'kubectl wsap approve -n desktops no-visio 749a345130f395e3';

/** Returns the visible text of an Adaptive Card, one line for each block. */
function cardText(json: { attachments: { content: { body: { inlines: { text: string }[] }[] } }[] }): string[] {
  return json.attachments.flatMap(({ content }) =>
    content.body.map(({ inlines }) => inlines.map(({ text }) => text.replaceAll('\u00a0', ' ')).join('')),
  );
}

/** Returns the text with the description of the only notification of a request. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of each receiver
function textIn(type: ProviderType, json: any): string {
  switch (type) {
    case 'msteams':
      return cardText(json).join('\n');
    case 'slack':
      return json.text;
    case 'sns':
      return json.Message;
    case 'alertmanager':
      return json[0].annotations.description;
    case 'generic-hmac':
      return json.notifications[0].message;
  }
}

describe('an approval request', () => {
  test('in Slack contains the plan, the command, and the link, with escapes', () => {
    const linkTemplate = 'https://example.com/{namespace}/{name}?plan={planID}&x={other}';
    const { json, headers } = requestFor([policy], { summary: 'Cluster <a>', linkTemplate, channel: 'ops' }, 'xoxb-1');
    expect(headers.authorization).toBe('Bearer xoxb-1');
    expect(json).toMatchObject({ channel: 'ops', unfurl_links: false });
    expect(json.text).toBe(
      [
        'Cluster &lt;a&gt;',
        '',
        '*Plan 749a345130f395e3 of policy desktops/no-visio awaits approval*',
        '```',
        preview.trimEnd().replace('<2021> & `more`', '&lt;2021&gt; &amp; ˋmoreˋ'),
        '```',
        '```',
        COMMAND,
        '```',
        '<https://example.com/desktops/no-visio?plan=749a345130f395e3&x={other}|Details>',
      ].join('\n'),
    );
  });

  test('in Teams contains the plan as literal text', () => {
    const { json } = requestFor([policy], { type: 'msteams' });
    expect(cardText(json).join('\n')).toBe(
      [
        'Plan 749a345130f395e3 of policy desktops/no-visio awaits approval',
        ...preview
          .trimEnd()
          .split('\n')
          .map((line) => line || ' '),
        COMMAND,
      ].join('\n'),
    );
  });

  test('as JSON contains exactly the preview, and a signature of the body', () => {
    const { json, body, headers } = requestFor([policy], { type: 'generic-hmac' }, 'key');
    expect(headers['x-signature']).toBe(`sha256=${createHmac('sha256', 'key').update(body).digest('hex')}`);
    expect(headers['idempotency-key']).toBe('message-1');
    expect(json).toMatchObject({
      id: 'message-1',
      omitted: 0,
      notifications: [
        {
          id: noticeOf(policy).id,
          event: 'PlanAwaitingApproval',
          involvedObject: { namespace: 'desktops', name: 'no-visio', uid: 'uid-no-visio' },
          message: preview.trimEnd(),
          planID: '749a345130f395e3',
          command: COMMAND,
        },
      ],
    });
  });

  test('for Alertmanager is an alert that ends unless it is sent again', () => {
    const { json } = requestFor([policy], { type: 'alertmanager', summary: 'prod' });
    expect(json).toMatchObject([
      {
        labels: {
          alertname: 'WsapPlanAwaitingApproval',
          severity: 'info',
          namespace: 'desktops',
          name: 'no-visio',
          notification_id: noticeOf(policy).id,
        },
        annotations: { description: preview.trimEnd(), command: COMMAND, environment: 'prod' },
        // Without it, Alertmanager would assume the end, so the alert would start in the future.
        startsAt: '2027-01-02T03:04:05Z',
        endsAt: '2027-01-02T03:09:05Z',
      },
    ]);
  });

  test('for SNS is plain text with a subject of less than 100 characters in ASCII, and deduplicated in a FIFO topic', () => {
    const topicARN = 'arn:aws:sns:eu-central-1:123456789012:desktops.fifo';
    const { json } = requestFor([waitingPolicy('x'.repeat(200))], { type: 'sns', topicARN });
    expect(json.Subject).toMatch(/^[\x20-\x7e]{96}\.\.\.$/);
    expect(requestFor([policy], { type: 'sns', topicARN }).json).toMatchObject({
      TopicArn: topicARN,
      Subject: 'Plan 749a345130f395e3 of policy desktops/no-visio awaits approval',
      Message: `Plan 749a345130f395e3 of policy desktops/no-visio awaits approval\n${preview}\n${COMMAND}`,
      MessageGroupId: 'desktops',
      MessageDeduplicationId: 'message-1',
      MessageAttributes: { events: { StringValue: '["PlanAwaitingApproval"]' } },
    });
    const standard = requestFor([policy], { type: 'sns', topicARN: topicARN.replace('.fifo', '') }).json;
    expect(standard).not.toHaveProperty('MessageGroupId');
  });

  test.each(TYPES)('of the type %s contains user names unless the provider omits them', (type) => {
    expect(requestFor([policy], { type }, 'key').body).toContain('ada.l');
    const { body } = requestFor([policy], { type, userNames: false }, 'key');
    expect(body).not.toContain('ada.l');
    expect(body).toContain('ws-1');
  });
});

describe('every type', () => {
  const hostile = policyWith({
    conditions: [
      conditionOf('Stalled', 'AccessDenied', '', 'True'),
      conditionOf('Ready', 'AccessDenied', '<!channel> ``` [x](https://evil.example) *b* \u202e\u001b[31m & "\n\\'),
    ],
  });

  test.each(TYPES)('%s neutralizes hostile text', (type) => {
    const { json, body } = requestFor([hostile], { type }, 'key');
    for (const hidden of ['\u202e', '\u001b', '\\u001b', '\\u202e']) {
      expect(body).not.toContain(hidden);
    }
    if (type === 'slack') {
      expect(json.text).not.toMatch(/<!|<@|<#/);
      // The fences of one description and one command, and no other backtick.
      expect(json.text.match(/`/g)).toHaveLength(12);
    }
    if (type === 'msteams') {
      expect(JSON.stringify(json)).not.toContain('"TextBlock"');
    }
  });

  test.each([
    ['slack', 20_000],
    ['msteams', 28_000],
    ['sns', 256_000],
  ] as const)('%s bounds a message about 500 policies, and counts the rest', (type, limit) => {
    const long = Array.from({ length: 500 }, (_, n) => {
      const one = waitingPolicy(`policy-${n}-${'x'.repeat(200)}`);
      const [association] = one.status?.associations ?? [];
      const associations = Array.from({ length: 25 }, () => ({ ...association, applicationName: 'é'.repeat(256) }));
      return { ...one, status: { ...one.status, associations } } as NotifiedPolicy;
    });
    const { body } = requestFor(long, { type, linkTemplate: `https://example.com/${'x'.repeat(900)}/{name}` });
    expect(Buffer.byteLength(body)).toBeLessThan(type === 'slack' ? 60_000 : limit);
    expect(body).toMatch(/And 4[89]\d more\./);
    expect(body).toContain('500 notifications');
  });
});

describe('a long plan', () => {
  const EXCEEDED =
    'Exceeds maxAffectedWorkspaces: the plan removes applications from 80 WorkSpaces, and at most 9 are allowed.';
  const rows = (count: number) =>
    Array.from({ length: count }, (_, row) => ({
      ...policy.status?.associations?.[0],
      workspaceID: `ws-${row}`,
      applicationName: 'Visio '.repeat(20),
    }));
  const long = (name: string, count: number) => {
    const one = waitingPolicy(name);
    const unapproved = { remove: count, install: 0, affectedWorkspaces: count, allowedWorkspaces: 9 };
    const plan = { ...one.status?.plan, unapproved, sessions: 4, sessionsUnknown: 0 };
    return { ...one, status: { ...one.status, plan, associations: rows(count) } } as NotifiedPolicy;
  };

  test.each(TYPES)('keeps its counts and the warning about the safeguard when its list is too long: %s', (type) => {
    const one = requestFor([long('no-visio', 80)], { type }, 'key').body;
    expect(one).toContain('Plan: 80 to remove, 0 to install. Ends 4 sessions.');
    expect(one).toContain(EXCEEDED);
    const policies = Array.from({ length: 20 }, (_, n) => long(`policy-${n}`, 80));
    const provider = providerWith({ type });
    const count = countDescribed(policies.map(noticeOf), provider, NOW);
    const { body } = requestFor(policies.slice(0, count), { type }, 'key');
    expect(body.match(/Plan: 80 to remove, 0 to install\. Ends 4 sessions\./g)).toHaveLength(count);
    expect(body.split(EXCEEDED)).toHaveLength(count + 1);
    expect(body).toContain('ws-0');
  });
});

test('a description that does not fit keeps what describes the whole', () => {
  const message = composeMessage({ messageID: 'm', notices: [noticeOf(policy)] }, providerWith(), NOW);
  const lines = ({ entries }: typeof message) => entries.flatMap((entry) => entry.lines);
  const { length } = lines(message);
  expect(lines(fitEntries(message, (one) => lines(one).length < length))).toEqual([
    '',
    'Plan: 1 to remove, 0 to install.',
  ]);
  expect(lines(fitEntries(message, (one) => lines(one).length === 0))).toEqual([]);
});

describe('a plan with hostile names', () => {
  const NAMES = [
    '&'.repeat(256),
    '"'.repeat(256),
    '\\'.repeat(256),
    '\u{1F600}'.repeat(256),
    'x'.repeat(10_000),
    '字'.repeat(256),
  ];
  const LOOKALIKES = [
    'Plan: 0 to remove, 0 to install.',
    'Exceeds maxAffectedWorkspaces: nothing.',
    'a\n\nPlan: 0 to remove',
    '```',
  ];
  const names = [...NAMES, ...LOOKALIKES].flatMap((name) =>
    TYPES.map((type) => [type, name.slice(0, 20), name] as const),
  );

  test.each(names)('keeps its counts, its warning, and its command: %s %s', (type, _, name) => {
    const one = waitingPolicy();
    const associations = Array.from({ length: 25 }, (_, row) => ({
      ...one.status?.associations?.[0],
      workspaceID: `ws-${row}`,
      applicationName: name,
      userName: name.slice(0, 63),
    }));
    const unapproved = { remove: 25, install: 0, affectedWorkspaces: 25, allowedWorkspaces: 9 };
    const status = { ...one.status, plan: { ...one.status?.plan, unapproved }, associations };
    const { json, body } = requestFor([{ ...one, status } as NotifiedPolicy], { type }, 'key');
    const text = textIn(type, json);
    const lines = text.split('\n');
    expect(lines.filter((line) => line.startsWith('Plan: '))).toEqual(['Plan: 25 to remove, 0 to install.']);
    expect(lines.filter((line) => line.startsWith('Exceeds '))).toEqual([
      'Exceeds maxAffectedWorkspaces: the plan removes applications from 25 WorkSpaces, and at most 9 are allowed.',
    ]);
    expect(body).toContain(COMMAND);
  });
});

describe('the other events', () => {
  test.each<[string, NotifiedPolicy, string[]]>([
    [
      'a halted rollout shows the failures and how to resume it',
      policyWith({
        rollout: {
          workspaces: 9,
          completed: 1,
          remaining: 7,
          failed: 1,
          halted: true,
          failedDeployments: 1,
          failures: [{ workspaceID: 'ws-9', userName: 'ada.l', errorCode: 'DeploymentError.WorkspaceUnreachable' }],
        },
      }),
      [
        '1 of 9 WorkSpaces changed, 7 remain',
        'ws-9',
        'DeploymentError.WorkspaceUnreachable',
        'kubectl wsap resume -n desktops no-visio',
      ],
    ],
    [
      'a complete rollout shows its counts',
      policyWith({
        rollout: {
          workspaces: 9,
          completed: 8,
          remaining: 0,
          failed: 1,
          startTime: '2027-01-02T00:00:00Z',
          completionTime: '2027-01-02T01:00:00Z',
        },
      }),
      ['8 of 9 WorkSpaces changed, 1 failed.', 'complete 2027-01-02T01:00:00Z'],
    ],
    [
      'a conflict shows the associations',
      policyWith({
        conditions: [conditionOf('Compliant', 'Conflict', '8 of 9 WorkSpaces comply')],
        associations: [
          {
            workspaceID: 'ws-7',
            associatedResourceID: 'wsa-1',
            associatedResourceType: 'APPLICATION',
            verdict: 'Conflict',
            action: 'Disassociate',
            holdReason: 'Conflict',
            message: 'policy a denies it and policy b requires it',
          },
        ],
      }),
      ['8 of 9 WorkSpaces comply', 'ws-7', 'wsa-1', 'policy a denies it and policy b requires it'],
    ],
    [
      'a stalled policy shows the reason',
      policyWith({
        conditions: [
          conditionOf('Stalled', 'RefNotPermitted', 'requires manual action', 'True'),
          conditionOf('Ready', 'RefNotPermitted', 'no fleet emea allows the namespace'),
        ],
      }),
      ['RefNotPermitted: no fleet emea allows the namespace', 'kubectl wsap status -n desktops no-visio'],
    ],
  ])('%s', (_, of, expected) => {
    const { text } = requestFor([of], { userNames: false }).json;
    for (const part of expected) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('ada.l');
  });
});

describe('the status that version 0.1 wrote', () => {
  test.each(['PlanAwaitingApproval', 'Conflict'])('does not prevent a message: %s', (event) => {
    const [complete] = policy.status?.associations ?? [];
    const { workspaceID: _, ...pruned } = { ...complete, ...(event === 'Conflict' && { holdReason: 'Conflict' }) };
    const old = {
      ...policy,
      status: { ...policy.status, ...(event === 'Conflict' && { plan: undefined }), associations: [pruned] },
    } as NotifiedPolicy;
    const { notifications } = requestFor([old], { type: 'generic-hmac' }, 'key').json;
    expect(notifications).toMatchObject([{ event, involvedObject: { name: 'no-visio' } }]);
  });
});

describe('a link', () => {
  const linkFor = (linkTemplate: string, name = 'no-visio') =>
    requestFor([waitingPolicy(name)], { type: 'generic-hmac', linkTemplate }, 'key').json.notifications[0].link;

  test('is omitted if it is too long for the receivers', () => {
    const name = 'x'.repeat(250);
    expect(linkFor(`https://example.com/${'{name}'.repeat(7)}`, name)).toContain(name);
    expect(linkFor(`https://example.com/${'{name}'.repeat(160)}`, name)).toBeUndefined();
  });

  test('contains no invalid Unicode, for example, of a file', () => {
    expect(linkFor('https://example.com/{name}', 'a\ud800')).toBe('https://example.com/a%EF%BF%BD');
  });
});

describe('the number of notifications that a message describes', () => {
  const hostile = (count: number, text = '<"日'.repeat(40)) =>
    Array.from({ length: count }, (_, n) => {
      const one = waitingPolicy(`policy-${n}`);
      const associations = Array.from({ length: 80 }, (_, row) => ({
        ...one.status?.associations?.[0],
        workspaceID: `ws-${row}`,
        userName: text,
        applicationName: text,
      }));
      return noticeOf({ ...one, status: { ...one.status, associations } } as NotifiedPolicy);
    });

  test.each(TYPES)('is the number of titles in the message: %s', (type) => {
    const provider = providerWith({ type, userNames: true, linkTemplate: `https://e.com/${'x'.repeat(900)}` });
    for (const notices of [hostile(1), hostile(3), hostile(30), hostile(30, 'x')]) {
      const count = countDescribed(notices, provider, NOW);
      const described = notices.slice(0, count);
      const { body } = receiverRequest(
        composeMessage({ messageID: 'm', notices: described }, provider, NOW),
        provider,
        'k',
      );
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(20);
      expect(described.filter(({ policy: { metadata } }) => !body.includes(metadata.name))).toEqual([]);
      expect(body).not.toMatch(/And \d+ more\. To list/);
    }
  });

  test('fits into the limits of Teams and Slack', () => {
    for (const notices of [hostile(1), hostile(20)]) {
      const body = (type: ProviderType) => {
        const provider = providerWith({ type, userNames: true, linkTemplate: `https://e.com/${'&'.repeat(900)}` });
        return receiverRequest(composeMessage({ messageID: 'm', notices }, provider, NOW), provider, 'k').body;
      };
      expect(Buffer.byteLength(body('msteams'))).toBeLessThanOrEqual(28_000);
      expect(JSON.parse(body('slack')).text.length).toBeLessThanOrEqual(40_000);
    }
  });
});
