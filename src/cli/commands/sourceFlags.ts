import type { Command } from 'commander';
import { type AwsFlags, addAwsFlags } from './awsFlags.ts';
import type { KubeFlags } from './kubeFlags.ts';
import { addKubeFlags } from './kubeFlags.ts';

/** Where policies and WorkSpaces come from. */
export interface SourceFlags extends AwsFlags, KubeFlags {
  readonly filename?: readonly string[];
  readonly recursive: boolean;
  /** Plan as if the files were applied to the cluster. */
  readonly mergeCluster: boolean;
  readonly inventory?: string;
  readonly allNamespaces: boolean;
  /** Policies of other namespaces have no say; undefined: all do. */
  readonly operatorNamespace?: string;
}

/** Adds the flags that say where policies and WorkSpaces come from. */
export function addSourceFlags(command: Command): Command {
  return addAwsFlags(
    addKubeFlags(
      command
        .argument('[names...]', 'policies; by default all of the files, or of the namespace')
        .option('-f, --filename <paths...>', 'files or folders with policies and fleets; - is standard input')
        .option('-R, --recursive', 'also look into folders below', false)
        .option(
          '--merge-cluster',
          'with -f: as if the files were applied to the cluster, whose other policies, fleets and namespaces count, too',
          false,
        )
        .option(
          '--inventory <file>',
          'take the WorkSpaces from this file, as wsap inventory writes it, and not from AWS',
        )
        .option('-A, --all-namespaces', 'policies of every namespace', false)
        .option(
          '--operator-namespace <name>',
          'for an operator that runs with --namespace: policies elsewhere have no say',
        ),
    ),
  );
}
