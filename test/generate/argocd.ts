import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';

const HEADER = [
  "# Argo CD's settings for policies and fleets:",
  // prose-ignore terms: argocd is the name of a namespace.
  '#   kubectl -n argocd patch configmap argocd-cm --type merge --patch-file argocd-cm-patch.yaml',
  "# Generated from resource_customizations by npm run generate. Don't edit.",
  '',
].join('\n');
const ACTIONS = ['reconcile', 'suspend', 'resume'];

/**
 * Returns a patch of argocd-cm with the health checks and actions of a folder with the layout of Argo CD's repository.
 */
export async function generateArgoCdPatch(folder: URL): Promise<string> {
  const read = (path: string) => readFile(new URL(path, folder), 'utf8');
  const policy = 'WorkspaceApplicationPolicy';
  const definitions = await Promise.all(
    ACTIONS.map(async (name) => ({ name, 'action.lua': await read(`${policy}/actions/${name}/action.lua`) })),
  );
  const actions = { 'discovery.lua': await read(`${policy}/actions/discovery.lua`), definitions };
  const data = {
    [`resource.customizations.health.wsap.dev_${policy}`]: await read(`${policy}/health.lua`),
    [`resource.customizations.actions.wsap.dev_${policy}`]: stringify(actions, { lineWidth: 0 }),
    'resource.customizations.health.wsap.dev_WorkspaceFleet': await read('WorkspaceFleet/health.lua'),
  };
  return `${HEADER}${stringify({ data }, { lineWidth: 0 })}`;
}
