/**
 * `npm run generate` writes all files that are derived from the CRDs and the code. `npm run generate -- --check` fails
 * if one of them is outdated.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { PRICES_SCHEMA } from '../../src/cli/actions/report/prices.ts';
import { TEST_SCHEMA } from '../../src/cli/actions/test/document.ts';
import { version } from '../../src/cli/version.ts';
import { INVENTORY_SCHEMA } from '../../src/inventory/inventoryFile.ts';
import { SEED_SCHEMA } from '../../src/simulator/seedDocument.ts';
import { generateArgoCdPatch } from './argocd.ts';
import {
  generateChartReadme,
  generateCrdTemplate,
  generateDashboardConfigMap,
  generatePrometheusRule,
  generateValues,
  withVersion,
} from './chart.ts';
import { generateCommands } from './commands.ts';
import { generateDashboard } from './dashboard.ts';
import { embedIamPolicies, generateIamPolicy, IAM_POLICIES } from './iam.ts';
import { generateJsonSchema } from './jsonSchema.ts';
import { generateMetrics } from './metrics.ts';
import { generateReasons } from './reasons.ts';
import { generateReference } from './reference.ts';
import { generateTypes } from './types.ts';

const root = new URL('../../', import.meta.url);
const policies = new URL('crds/workspaceapplicationpolicies.yaml', root);
const fleets = new URL('crds/workspacefleets.yaml', root);
const providers = new URL('crds/notificationproviders.yaml', root);
const argoCd = new URL('deploy/argocd/resource_customizations/wsap.dev/', root);
const chart = new URL('deploy/helm/wsap/', root);
const values = new URL('values.schema.json', chart);
const rules = new URL('deploy/prometheus/rules.yaml', root);
const dashboard = new URL('deploy/grafana/wsap.json', root);
const dockerfile = new URL('deploy/image/Dockerfile', root);
const kustomizeBase = new URL('deploy/kustomize/base/kustomization.yaml', root);
const iamPage = new URL('docs/reference/iam-policies.md', root);
const iamPolicies = Object.keys(IAM_POLICIES) as (keyof typeof IAM_POLICIES)[];
const generated: Record<string, () => Promise<string>> = {
  'src/policy/resource.gen.ts': () => generateTypes(policies, 'WorkspaceApplicationPolicy'),
  'src/policy/fleetResource.gen.ts': () => generateTypes(fleets, 'WorkspaceFleet'),
  'src/policy/providerResource.gen.ts': () => generateTypes(providers, 'NotificationProvider'),
  'docs/schemas/workspaceapplicationpolicy_v1alpha1.json': () => generateJsonSchema(policies),
  'docs/schemas/workspacefleet_v1alpha1.json': () => generateJsonSchema(fleets),
  'docs/schemas/notificationprovider_v1alpha1.json': () => generateJsonSchema(providers),
  'docs/schemas/workspaceinventory_v1alpha1.json': async () => `${JSON.stringify(INVENTORY_SCHEMA, undefined, 2)}\n`,
  'docs/schemas/wsap-test.json': async () => `${JSON.stringify(TEST_SCHEMA, undefined, 2)}\n`,
  'docs/schemas/wsap-seed.json': async () => `${JSON.stringify(SEED_SCHEMA, undefined, 2)}\n`,
  'docs/schemas/wsap-prices.json': async () => `${JSON.stringify(PRICES_SCHEMA, undefined, 2)}\n`,
  'deploy/argocd/argocd-cm-patch.yaml': () => generateArgoCdPatch(argoCd),
  'deploy/grafana/wsap.json': async () => generateDashboard(),
  'deploy/helm/wsap/Chart.yaml': () => withVersion(new URL('Chart.yaml', chart), version),
  'deploy/helm/wsap/README.md': () => generateChartReadme(new URL('README.md', chart), values),
  'deploy/helm/wsap/values.yaml': () => generateValues(values),
  'deploy/helm/wsap/templates/crds/workspaceapplicationpolicies.yaml': () => generateCrdTemplate(policies),
  'deploy/helm/wsap/templates/crds/workspacefleets.yaml': () => generateCrdTemplate(fleets),
  'deploy/helm/wsap/templates/crds/notificationproviders.yaml': () => generateCrdTemplate(providers),
  'deploy/helm/wsap/files/rules.yaml': () => readFile(rules, 'utf8'),
  'deploy/helm/wsap/files/dashboard.json': () => readFile(dashboard, 'utf8'),
  'deploy/image/Dockerfile': () => withVersion(dockerfile, version),
  'deploy/kustomize/base/kustomization.yaml': () => withVersion(kustomizeBase, version),
  'deploy/kustomize/components/monitoring/prometheusrule.yaml': () => generatePrometheusRule(rules),
  'deploy/kustomize/components/monitoring/dashboard.yaml': () => generateDashboardConfigMap(dashboard),
  ...Object.fromEntries(iamPolicies.map((file) => [`deploy/iam/${file}`, async () => generateIamPolicy(file)])),
  'docs/reference/iam-policies.md': async () => embedIamPolicies(await readFile(iamPage, 'utf8')),
  'docs/reference/commands.md': async () => generateCommands(),
  'docs/reference/metrics.md': async () => generateMetrics(),
  'docs/reference/reasons.md': async () => generateReasons(),
  'docs/reference/api.md': () => generateReference(policies, fleets, providers),
};

const check = process.argv.includes('--check');
for (const [path, generate] of Object.entries(generated)) {
  const file = new URL(path, root);
  const wanted = await generate();
  const present = await readFile(file, 'utf8').catch(() => '');
  if (wanted === present) {
    continue;
  }
  if (check) {
    process.stderr.write(`${path} is out of date: run npm run generate, and commit the result\n`);
    process.exitCode = 1;
  } else {
    await mkdir(new URL('.', file), { recursive: true });
    await writeFile(file, wanted);
    process.stdout.write(`wrote ${path}\n`);
  }
}
