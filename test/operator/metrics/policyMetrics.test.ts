import { describe, expect, test } from 'vitest';
import type { PolicyView } from '../../../src/operator/metrics/policyMetrics.ts';
import { APPLICATIONS, association, policy, VISIO, workspace, ws } from '../../builders.ts';
import { FakeOperator } from '../../fakeOperator.ts';
import { FakeFleet } from '../../fakes/fleet.ts';
import { condition, metricsOf, policyView, scrape, statusOf } from './scenery.ts';

const OF = 'namespace="desktops",name="no-visio"';

describe('a policy shows from its status', () => {
  const metrics = metricsOf({ policies: () => [policyView()] });

  test('its WorkSpaces by state, of which compliant and drifted add up to the selected', async () => {
    expect(await scrape(metrics, 'wsap_policy_workspaces')).toEqual([
      `wsap_policy_workspaces{${OF},state="compliant"} 30`,
      `wsap_policy_workspaces{${OF},state="drifted"} 10`,
      `wsap_policy_workspaces{${OF},state="in_progress"} 3`,
      `wsap_policy_workspaces{${OF},state="held"} 2`,
      `wsap_policy_workspaces{${OF},state="failed"} 1`,
    ]);
  });

  test('its conditions with all statuses and their reasons', async () => {
    expect(await scrape(metrics, 'wsap_policy_status_condition{')).toEqual(
      [
        ['Ready', 'true', 1],
        ['Ready', 'false', 0],
        ['Ready', 'unknown', 0],
        ['Stalled', 'true', 0],
        ['Stalled', 'false', 1],
        ['Stalled', 'unknown', 0],
      ].map(
        ([type, status, value]) =>
          `wsap_policy_status_condition{${OF},condition="${type}",status="${status}"} ${value}`,
      ),
    );
    expect(await scrape(metrics, 'wsap_policy_status_condition_reason')).toEqual([
      `wsap_policy_status_condition_reason{${OF},condition="Ready",reason="ReconciliationSucceeded"} 1`,
    ]);
  });

  test('the times of its last and next evaluation', async () => {
    expect(await scrape(metrics, 'wsap_policy_last_sync')).toEqual([
      `wsap_policy_last_sync_timestamp_seconds{${OF}} ${Date.parse('2026-01-05T09:00:00Z') / 1000}`,
    ]);
    expect(await scrape(metrics, 'wsap_policy_next_sync')).toEqual([
      `wsap_policy_next_sync_timestamp_seconds{${OF}} ${Date.parse('2026-01-05T09:10:00Z') / 1000}`,
    ]);
  });

  test('its fleet and enforcement mode', async () => {
    expect(await scrape(metrics, 'wsap_policy_info')).toEqual([
      `wsap_policy_info{${OF},fleet="emea",enforcement="Enforce"} 1`,
    ]);
  });
});

test('values that a status doesn’t contain have no series instead of zero', async () => {
  const refused = { conditions: [condition('Ready', 'False', 'RefNotPermitted')] };
  const metrics = metricsOf({ policies: () => [policyView({ fleet: undefined, status: refused })] });
  expect(await scrape(metrics, 'wsap_policy_workspaces')).toEqual([]);
  expect(await scrape(metrics, 'wsap_policy_last_sync')).toEqual([]);
  expect(await scrape(metrics, 'wsap_policy_status_condition_reason')).toHaveLength(1);
});

test('a Stalled policy has the reason, and one without conditions has no series', async () => {
  const stalled = {
    conditions: [condition('Ready', 'False', 'AccessDenied'), condition('Stalled', 'True', 'AccessDenied')],
  };
  const metrics = metricsOf({ policies: () => [policyView({ status: stalled })] });
  expect(await scrape(metrics, 'wsap_policy_status_condition{')).toContain(
    `wsap_policy_status_condition{${OF},condition="Stalled",status="true"} 1`,
  );
  expect(await scrape(metrics, 'wsap_policy_status_condition_reason')).toHaveLength(2);
  const pending = metricsOf({ policies: () => [policyView({ status: {} })] });
  expect(await scrape(pending, 'wsap_policy_status_condition')).toEqual([]);
});

test('a policy that is deleted or reconciled by another replica has no series', async () => {
  let policies: PolicyView[] = [policyView(), policyView({ name: 'no-project' })];
  const metrics = metricsOf({ policies: () => policies });
  const named = async (name: string) => (await scrape(metrics, 'wsap_policy')).filter((line) => line.includes(name));
  expect((await named('no-visio')).length).toBe((await named('no-project')).length);
  policies = policies.slice(1);
  expect(await named('"no-visio"')).toEqual([]);
  expect(await named('"no-project"')).not.toEqual([]);
});

describe('the changes of a policy', () => {
  /**
   * Runs a policy for the first time over three WorkSpaces with Visio. One is in use, and the call for another fails.
   */
  async function run() {
    const fleet = new FakeFleet({
      workspaces: [1, 2, 3].map((n) => workspace(ws(n))),
      applications: APPLICATIONS,
      associations: [1, 2, 3].map((n) => association(ws(n), VISIO)),
      connections: [{ workspaceID: ws(1), connectionState: 'CONNECTED' }],
    });
    fleet.failNext('disassociateWorkspaceApplication', 'ResourceInUse', { workspaceID: ws(2) });
    const subject = policy('no-visio');
    const operator = new FakeOperator(fleet, subject);
    const metrics = metricsOf({ policies: () => [policyView({ status: operator.statuses.get(subject.key) })] });
    metrics.policies.evaluated(subject, await operator.run());
    return { metrics, operator, subject };
  }

  test('are counted by action, starting at zero', async () => {
    const { metrics } = await run();
    const lines = await scrape(metrics, 'wsap_policy_changes_total');
    expect(lines).toEqual([
      `wsap_policy_changes_total{${OF},action="Associate",result="success"} 0`,
      `wsap_policy_changes_total{${OF},action="Associate",result="error"} 0`,
      `wsap_policy_changes_total{${OF},action="Disassociate",result="success"} 1`,
      `wsap_policy_changes_total{${OF},action="Disassociate",result="error"} 1`,
      `wsap_policy_changes_total{${OF},action="Deploy",result="success"} 1`,
      `wsap_policy_changes_total{${OF},action="Deploy",result="error"} 0`,
    ]);
  });

  test('that are on hold are counted by reason', async () => {
    const { metrics } = await run();
    expect((await scrape(metrics, 'wsap_policy_held_changes')).sort()).toEqual([
      `wsap_policy_held_changes{${OF},reason="BackingOff"} 1`,
      `wsap_policy_held_changes{${OF},reason="UserConnected"} 1`,
    ]);
  });

  test('that are in conflict are counted', async () => {
    const fleet = new FakeFleet({
      workspaces: [workspace(ws(1))],
      applications: APPLICATIONS,
      associations: [association(ws(1), VISIO)],
    });
    const subject = policy('no-visio');
    const operator = new FakeOperator(fleet, subject, policy('visio', { applications: { allowed: [{ id: VISIO }] } }));
    const metrics = metricsOf({ policies: () => [policyView({ status: operator.statuses.get(subject.key) })] });
    metrics.policies.evaluated(subject, await operator.run());
    expect(await scrape(metrics, 'wsap_policy_held_changes')).toEqual([
      `wsap_policy_held_changes{${OF},reason="Conflict"} 1`,
    ]);
  });

  test('update the time of the evaluation although the status wasn’t written', async () => {
    const { metrics, operator, subject } = await run();
    const written = operator.statuses.get(subject.key);
    await operator.clock.advance(10 * 60_000);
    metrics.policies.evaluated(subject, await operator.run());
    const readAt = operator.clock.now().getTime() / 1000;
    operator.statuses.set(subject.key, statusOf(written));
    expect(await scrape(metrics, 'wsap_policy_last_sync')).toEqual([
      `wsap_policy_last_sync_timestamp_seconds{${OF}} ${readAt}`,
    ]);
  });

  test('are removed with it', async () => {
    const { metrics, subject } = await run();
    metrics.policies.forget(subject.key);
    expect((await scrape(metrics, 'wsap_policy_changes_total')).every((line) => line.endsWith(' 0'))).toBe(true);
    expect(await scrape(metrics, 'wsap_policy_held_changes')).toEqual([]);
  });
});
