/** A cluster for tests, with the image of the operator. */
export interface TestCluster {
  /** Human-readable name of the cluster, for example, `kind`. */
  readonly description: string;
  /** Folder for files of the tests, which is removed after the cluster. */
  readonly directory: string;
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  /** Address of this machine, as pods reach it. */
  readonly machineAddress: string;
  /** Reference of the image. */
  readonly image: string;
  /** Command and first arguments of ctr on the only node. Undefined if the tests have no access to nodes. */
  readonly ctr: readonly string[] | undefined;
}

/** Creates a cluster. It is deleted when the stack is disposed of. */
export type CreateCluster = (options: CreateOptions) => Promise<TestCluster>;

export interface CreateOptions {
  /** Empty folder for files, which is removed after the cluster. */
  readonly directory: string;
  readonly stack: AsyncDisposableStack;
  readonly signal: AbortSignal;
}
