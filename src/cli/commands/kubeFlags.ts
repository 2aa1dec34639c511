import type { Command } from 'commander';

/** kubectl's own flags. */
export interface KubeFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** Adds the flags that say which cluster and namespace. */
export function addKubeFlags(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the kubeconfig; by default as kubectl finds it')
    .option('--context <name>', 'the context in it')
    .option('-n, --namespace <name>', "the namespace; by default the context's");
}
