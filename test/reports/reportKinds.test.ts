import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { POLICY_REPORTS, REPORTS, ReportKinds } from '../../src/reports/reportKinds.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeApiServer, json, status } from '../kube/fakeApiServer.ts';

const signal = new AbortController().signal;
let server: FakeApiServer;
let clock: VirtualClock;
let kinds: ReportKinds;
/** The group versions that the cluster serves, with the resources of each. */
let served: Record<string, string[]>;

beforeEach(async () => {
  server = await FakeApiServer.start();
  clock = new VirtualClock();
  kinds = new ReportKinds(new ApiClient(server.access(), { clock }), clock, 30_000);
  served = {};
  server.defaultList = (response, request) => {
    const names = served[request.path];
    const answer = names ? json({ resources: names.map((name) => ({ name })) }) : status(404, 'NotFound', 'not found');
    answer(response, request);
  };
});

afterEach(() => server.stop());

const OPENREPORTS = { '/apis/openreports.io/v1alpha1': ['clusterreports', 'reports'] };
const WGPOLICY = { '/apis/wgpolicyk8s.io/v1alpha2': ['clusterpolicyreports', 'policyreports'] };

test.each([
  ['no CRD', {}, []],
  ['Reports', OPENREPORTS, [REPORTS]],
  ['PolicyReports', WGPOLICY, [POLICY_REPORTS]],
  ['both, Reports first', { ...OPENREPORTS, ...WGPOLICY }, [REPORTS, POLICY_REPORTS]],
  ['only cluster-scoped reports', { '/apis/openreports.io/v1alpha1': ['clusterreports'] }, []],
  ['only other versions', { '/apis/wgpolicyk8s.io/v1beta1': ['policyreports'] }, []],
])('finds the kinds of a cluster with %s', async (_, there, expected) => {
  served = there;
  expect(await kinds.installed(signal)).toEqual(expected);
});

test('finds a CRD within 30 seconds after its installation, and caches the discovery in between', async () => {
  expect(await kinds.installed(signal)).toEqual([]);
  served = WGPOLICY;
  await clock.advance(29_000);
  expect(await kinds.installed(signal)).toEqual([]);
  expect(server.requests).toHaveLength(2);
  await clock.advance(1_000);
  expect(await kinds.installed(signal)).toEqual([POLICY_REPORTS]);
});

test('repeats a discovery that turned out to be wrong', async () => {
  served = WGPOLICY;
  await kinds.installed(signal);
  served = {};
  kinds.forget();
  expect(await kinds.installed(signal)).toEqual([]);
});

test('keeps no result of a failed discovery', async () => {
  server.lists.push(status(503, 'ServiceUnavailable', 'starting'), status(503, 'ServiceUnavailable', 'starting'));
  await expect(kinds.installed(signal)).rejects.toMatchObject({ code: 503 });
  served = OPENREPORTS;
  expect(await kinds.installed(signal)).toEqual([REPORTS]);
});
