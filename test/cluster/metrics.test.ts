import { describe, expect, test } from 'vitest';
import { hasPromtool, promtool } from '../deploy/promtool.ts';
import { ClusterHarness, eventuallyReported, fleetOf } from './clusterHarness.ts';

/** Returns the value of a series. NaN if there is none. */
function metricValue(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

/** Returns the metrics without the label for the namespace that the operator watches, which every series has. */
async function metricsOf({ operator, namespace }: ClusterHarness): Promise<string> {
  const text = await (await operator.get('/metrics')).text();
  const label = `watched_namespace="${namespace}"`;
  expect(text.split('\n').filter((line) => /^[^#]/.test(line) && !line.includes(label))).toEqual([]);
  return text.replaceAll(new RegExp(`\\{${label}\\}|,${label}|${label},`, 'g'), '');
}

describe('metrics', { concurrent: true }, () => {
  test('metrics match the status and the changes, and promtool accepts them', async () => {
    await using harness = await ClusterHarness.start(fleetOf(20, 4));
    await harness.applyFleet('emea', { maxDisassociationsPerHour: 100 });
    const fleet = harness.fleetName('emea');
    await harness.apply('no-visio', { fleetRef: { name: fleet } });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    const text = await eventuallyReported(async () => {
      const metrics = await metricsOf(harness);
      const state = `wsap_policy_workspaces{namespace="${harness.namespace}",name="no-visio",state="compliant"}`;
      expect(metricValue(metrics, state)).toBe(20);
      return metrics;
    });
    const policy = `namespace="${harness.namespace}",name="no-visio"`;
    const disassociate = 'operation="DisassociateWorkspaceApplication"';
    expect(metricValue(text, `wsap_policy_changes_total{${policy},action="Disassociate",result="success"}`)).toBe(5);
    expect(metricValue(text, `wsap_policy_changes_total{${policy},action="Deploy",result="success"}`)).toBe(5);
    expect(metricValue(text, `wsap_policy_status_condition{${policy},condition="Compliant",status="true"}`)).toBe(1);
    expect(metricValue(text, `wsap_policy_info{${policy},fleet="${fleet}",enforcement="Enforce"}`)).toBe(1);
    expect(metricValue(text, `wsap_aws_api_requests_total{fleet="${fleet}",${disassociate},result="Success"}`)).toBe(5);
    expect(metricValue(text, `wsap_fleet_owned{fleet="${fleet}"}`)).toBe(1);
    expect(metricValue(text, `wsap_fleet_workspaces{fleet="${fleet}"}`)).toBe(20);
    expect(metricValue(text, `wsap_fleet_inventory_age_seconds{fleet="${fleet}"}`)).toBeLessThan(100);
    expect(metricValue(text, `wsap_fleet_disassociations_last_hour{fleet="${fleet}"}`)).toBe(5);
    expect(metricValue(text, 'controller_runtime_reconcile_errors_total{controller="policy"}')).toBe(0);
    expect(
      metricValue(text, 'wsap_watch_lists_total{resource="workspaceapplicationpolicies.wsap.dev"}'),
    ).toBeGreaterThan(0);
    expect(metricValue(text, 'controller_runtime_max_concurrent_reconciles{controller="policy"}')).toBe(4);
    // IDs of WorkSpaces and applications must not be label values.
    expect(text).not.toMatch(/\bwsa?-[a-z]*\d/);
    if (hasPromtool || process.env.CI !== undefined) {
      const { code, output } = promtool(['check', 'metrics'], text);
      expect(code, output).toBe(0);
    }

    await harness.kubectl('delete', 'wsap', 'no-visio');
    await eventuallyReported(async () => expect(await metricsOf(harness)).not.toContain(policy));
    await harness.kubectl('delete', 'wsfleet', fleet);
    await eventuallyReported(async () => expect(await metricsOf(harness)).not.toContain(fleet));
  });

  test('metrics count held changes by reason, and calls that AWS denies', async () => {
    const faults = [{ fault: 'AccessDenied', operation: 'DisassociateWorkspaceApplication' } as const];
    await using harness = await ClusterHarness.start(fleetOf(10, 5, { faults }));
    // The next attempts follow after the test.
    const retry = { backoff: { duration: '30m' } };
    await harness.apply('no-visio', { rollout: { maxFailures: '100%' }, retry });
    await harness.waitForCondition('no-visio', 'Stalled', 'True', 'AccessDenied');
    await eventuallyReported(async () => {
      const text = await metricsOf(harness);
      const policy = `namespace="${harness.namespace}",name="no-visio"`;
      expect(metricValue(text, `wsap_policy_held_changes{${policy},reason="BackingOff"}`)).toBe(2);
      expect(metricValue(text, `wsap_policy_changes_total{${policy},action="Disassociate",result="error"}`)).toBe(2);
      const refused = 'operation="DisassociateWorkspaceApplication",result="AccessDenied"';
      expect(metricValue(text, `wsap_aws_api_requests_total{fleet="${harness.fleetName('own')}",${refused}}`)).toBe(2);
      const why = 'condition="Stalled",reason="AccessDenied"';
      expect(metricValue(text, `wsap_policy_status_condition_reason{${policy},${why}}`)).toBe(1);
    });
  });
});
