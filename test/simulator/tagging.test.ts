import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { endpoint } from './endpointOnVirtualTime.ts';
import { ALICE, rejectionOf, simulate, workspace } from './fixtures.ts';

const arn = (id: string) => `arn:aws:workspaces:eu-central-1:123456789012:workspace/${id}`;
const [FINANCE, SALES, FORMER, UNTAGGED] = ['ws-00000001', 'ws-00000002', 'ws-00000003', 'ws-00000004'];

const FLEET = {
  workspaces: [
    workspace(FINANCE, { tags: { Department: 'Finance', Environment: 'prod' } }),
    workspace(SALES, { tags: { Department: 'Sales', Environment: '' } }),
    workspace(FORMER, { previouslyTagged: true }),
    workspace(UNTAGGED),
  ],
};

function resourcesIn(output: JsonObject): string[] {
  const resources = output.ResourceTagMappingList as { ResourceARN: string }[];
  return resources.map(({ ResourceARN }) => ResourceARN.split('/')[1] ?? '');
}

describe('GetResources', () => {
  const filters: [string, JsonObject, string[]][] = [
    ['no filter, with resources that had tags', {}, [FINANCE, SALES, FORMER]],
    ['a tag key', { TagFilters: [{ Key: 'Environment' }] }, [FINANCE, SALES]],
    ['a value', { TagFilters: [{ Key: 'Department', Values: ['Finance'] }] }, [FINANCE]],
    ['one of several values', { TagFilters: [{ Key: 'Department', Values: ['Sales', 'IT'] }] }, [SALES]],
    ['an empty value', { TagFilters: [{ Key: 'Environment', Values: [''] }] }, [SALES]],
    [
      'several filters',
      {
        TagFilters: [
          { Key: 'Department', Values: ['Finance', 'Sales'] },
          { Key: 'Environment', Values: ['prod'] },
        ],
      },
      [FINANCE],
    ],
    ['the type of WorkSpaces', { ResourceTypeFilters: ['workspaces:workspace'] }, [FINANCE, SALES, FORMER]],
    ['another type', { ResourceTypeFilters: ['ec2:instance'] }, []],
    ['ARNs without unknown ones', { ResourceARNList: [arn(SALES), arn('ws-99999999'), arn(UNTAGGED)] }, [SALES]],
    ['noncompliant resources', { IncludeComplianceDetails: true, ExcludeCompliantResources: true }, []],
  ];
  test.each(filters)('lists by %s', (_, input, ids) => {
    expect(resourcesIn(simulate(FLEET).call('GetResources', input))).toEqual(ids);
  });

  test('shows a resource that had tags with none', () => {
    const { simulated, call } = simulate(FLEET);
    simulated.setWorkspace(FINANCE, { tags: {} });
    expect(call('GetResources', { ResourceARNList: [arn(FINANCE)] })).toEqual({
      PaginationToken: '',
      ResourceTagMappingList: [{ ResourceARN: arn(FINANCE), Tags: [] }],
    });
  });

  test('shows the compliance with tag policies on request', () => {
    const output = simulate(FLEET).call('GetResources', { IncludeComplianceDetails: true });
    expect(output.ResourceTagMappingList).toMatchObject([
      { ComplianceDetails: { ComplianceStatus: true } },
      { ComplianceDetails: { ComplianceStatus: true } },
      { ComplianceDetails: { ComplianceStatus: true } },
    ]);
  });

  const rejected: [string, JsonObject][] = [
    ['ResourcesPerPage', { ResourcesPerPage: 101 }],
    ['ResourcesPerPage', { ResourcesPerPage: 0 }],
    ['TagsPerPage', { TagsPerPage: 99 }],
    ['TagsPerPage', { TagsPerPage: 501 }],
    ['ResourceTypeFilters', { ResourceARNList: [arn(FINANCE)], ResourceTypeFilters: ['workspaces'] }],
    ['TagFilters', { ResourceARNList: [arn(FINANCE)], TagFilters: [{ Key: 'Department' }] }],
    ['ResourcesPerPage', { ResourceARNList: [arn(FINANCE)], ResourcesPerPage: 1 }],
    ['ResourceTypeFilters', { ResourceTypeFilters: Array.from({ length: 101 }, () => 'ec2:instance') }],
    ['Key', { TagFilters: [{ Values: ['Finance'] }] }],
    ['tagFilters', { TagFilters: Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}` })) }],
    ['resourceARNList', { ResourceARNList: [] }],
    ['IncludeComplianceDetails', { ExcludeCompliantResources: true }],
    ['PaginationToken', { PaginationToken: 'zzz' }],
  ];
  test.each(rejected)('rejects %s in %o', (member, input) => {
    expect(rejectionOf(() => simulate(FLEET).call('GetResources', input))).toMatch(
      new RegExp(`^InvalidParameterException: .*${member}`),
    );
  });
});

describe('pages of GetResources', () => {
  const many = (tags: Readonly<Record<string, string>>, count: number) => ({
    workspaces: [],
    generate: [{ count, idPrefix: 'desk', tags }],
  });
  const sizes = (call: (operation: string, input: JsonObject) => JsonObject, input: JsonObject) => {
    const found: number[] = [];
    let token: unknown = '';
    do {
      const output = call('GetResources', { ...input, PaginationToken: token });
      found.push(resourcesIn(output).length);
      token = output.PaginationToken;
    } while (token !== '');
    return found;
  };

  test('have 50 resources by default', () => {
    expect(sizes(simulate(many({ a: 'b' }, 120)).call, {})).toEqual([50, 50, 20]);
  });

  test('have as many resources as requested', () => {
    expect(sizes(simulate(many({ a: 'b' }, 120)).call, { ResourcesPerPage: 100 })).toEqual([100, 20]);
  });

  test('don’t split the tags of a resource', () => {
    const tags = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`key${n}`, 'value']));
    expect(sizes(simulate(many(tags, 22)).call, { TagsPerPage: 100 })).toEqual([10, 10, 2]);
  });

  test('expire after 15 minutes', async () => {
    const { clock, call } = simulate(many({ a: 'b' }, 60));
    const { PaginationToken } = call('GetResources');
    await clock.advance(15 * 60_000);
    expect(resourcesIn(call('GetResources', { PaginationToken }))).toHaveLength(10);
    await clock.advance(1);
    expect(rejectionOf(() => call('GetResources', { PaginationToken }))).toMatch(/^PaginationTokenExpiredException: /);
  });
});

describe('the Resource Groups Tagging API', () => {
  test('has its own rate limit and rejects calls with ThrottledException', async () => {
    const { ask, answer } = endpoint([], {
      callsPerSecond: 1,
      burst: 1,
      taggingRateLimit: { callsPerSecond: 1, burst: 2 },
    });
    expect([await ask('DescribeWorkspaces'), await ask('DescribeWorkspaces')]).toEqual([
      '200',
      '400 ThrottlingException',
    ]);
    expect([await ask('GetResources'), await ask('GetResources')]).toEqual(['200', '200']);
    expect(await answer('GetResources')).toEqual({ __type: 'ThrottledException', Message: 'Rate exceeded' });
  });

  test('sends the message of its exceptions in Message', async () => {
    const { answer } = endpoint([], { workspaces: [workspace(ALICE)] });
    expect(await answer('GetResources', { ResourcesPerPage: 101 })).toEqual({
      __type: 'InvalidParameterException',
      Message: 'ResourcesPerPage must be from 1 to 100.',
    });
  });
});
