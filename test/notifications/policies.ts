import type { Notice, NotifiedPolicy } from '../../src/notifications/notices.ts';
import { noticesOf } from '../../src/notifications/notices.ts';
import type { ProviderConfig } from '../../src/policy/notificationProvider.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';

/** Returns a policy whose status shows what is given. */
export function policyWith(
  status: PolicyStatus,
  { name = 'no-visio', spec = {}, metadata = {} }: { name?: string; spec?: object; metadata?: object } = {},
): NotifiedPolicy {
  return {
    metadata: { namespace: 'desktops', name, uid: `uid-${name}`, generation: 2, ...metadata },
    spec: { enforcement: 'Enforce', ...spec },
    status: { observedGeneration: 2, objectUID: `uid-${name}`, ...status },
  };
}

type Conditions = NonNullable<PolicyStatus['conditions']>;

/** Returns a condition of a status. */
export function conditionOf(
  type: string,
  reason: string,
  message = '',
  status: 'True' | 'False' = 'False',
): Conditions[number] {
  return { type, status, reason, message, lastTransitionTime: '2027-01-01T00:00:00Z' };
}

/** Returns a policy whose plan waits for approval. */
export function waitingPolicy(name = 'no-visio', planID = '749a345130f395e3'): NotifiedPolicy {
  return policyWith(
    {
      plan: { id: planID, unapproved: { remove: 1, install: 0, affectedWorkspaces: 1, allowedWorkspaces: 9 } },
      associations: [
        {
          workspaceID: 'ws-1',
          userName: 'ada.l',
          associatedResourceID: 'wsa-visio0000',
          associatedResourceType: 'APPLICATION',
          applicationName: 'Visio <2021> & `more`',
          verdict: 'Denied',
          action: 'Disassociate',
          holdReason: 'AwaitingApproval',
          unapproved: true,
        },
      ],
    },
    { name, spec: { enforcement: 'Approve' } },
  );
}

/** Returns the only notice of a policy. */
export function noticeOf(policy: NotifiedPolicy): Notice {
  const [notice, ...others] = noticesOf(policy);
  if (notice === undefined || others.length > 0) {
    throw new Error(`the policy has ${others.length + (notice === undefined ? 0 : 1)} notices`);
  }
  return notice;
}

/** Returns a provider that selects everything. */
export function providerWith(overrides: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    name: 'desktops',
    uid: 'uid-provider',
    generation: 1,
    createdAt: new Date('2027-01-01T00:00:00Z'),
    type: 'slack',
    secretName: 'slack',
    topicARN: undefined,
    channel: undefined,
    username: undefined,
    events: new Set([
      'PlanAwaitingApproval',
      'SafeguardExceeded',
      'RolloutHalted',
      'Conflict',
      'Flapping',
      'PolicyStalled',
      'RolloutFinished',
    ]),
    namespaces: undefined,
    summary: undefined,
    linkTemplate: undefined,
    userNames: true,
    suspend: false,
    timeoutMs: 10_000,
    maxMessagesPerHour: 60,
    ...overrides,
  };
}
