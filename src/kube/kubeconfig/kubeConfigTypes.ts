import type { Cluster, User } from '@kubernetes/client-node';

/** Cluster of a kubeconfig, with the fields that the library doesn't read. */
export interface KubeCluster extends Cluster {
  readonly disableCompression?: boolean | undefined;
  /** Configuration for credential plugins: the extension `client.authentication.k8s.io/exec`. */
  readonly pluginConfig?: unknown;
}

/** User of a kubeconfig, with the fields that the library doesn't read. */
export interface KubeUser extends User {
  readonly exec?: ExecConfig;
  readonly tokenFile?: string;
  readonly impersonateUID?: string;
  readonly impersonateGroups?: readonly string[];
  readonly impersonateUserExtra?: Readonly<Record<string, readonly string[]>>;
}

/** Whether a credential plugin can use standard input. */
export type InteractiveMode = 'Never' | 'IfAvailable' | 'Always';

/** Credential plugin of a user. */
export interface ExecConfig {
  readonly apiVersion: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  /** How to install the command, shown if it's missing. */
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  /** Undefined if the kubeconfig must set it. */
  readonly interactiveMode?: InteractiveMode | undefined;
}

/** Identity to impersonate. Empty fields are those of the kubeconfig. */
export interface Impersonation {
  readonly user?: string | undefined;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly userExtra?: Readonly<Record<string, readonly string[]>> | undefined;
}
