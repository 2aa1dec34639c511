/** Pod of the operator, as the API server returns it. */
export interface OperatorPod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly terminationGracePeriodSeconds: number };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly containerID?: string;
  readonly restartCount: number;
  readonly lastState?: {
    readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly finishedAt: string };
  };
}

/** Event of a pod, as the API server returns it. */
export interface PodEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly firstTimestamp: string;
  readonly involvedObject: { readonly name: string };
}

/** Returns the pod of a process. */
export function podOf(identity: string): string {
  return identity.replace(/-[0-9a-f]+$/, '');
}
