/** The parts of a Pod that determine how the kubelet starts its container. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly terminationGracePeriodSeconds: number;
    readonly securityContext?: SecurityContext;
    readonly containers: readonly [PodContainer];
    readonly volumes?: readonly Volume[];
  };
}

interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources?: { readonly limits?: { readonly memory?: string } };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

/** Union of the fields of a pod and of a container. */
export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

export interface Volume {
  readonly name: string;
  readonly projected?: { readonly sources: readonly ProjectedSource[] };
}

interface ProjectedSource {
  readonly serviceAccountToken?: { readonly expirationSeconds: number; readonly path: string };
  readonly configMap?: {
    readonly name: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
  readonly downwardAPI?: {
    readonly items: readonly { readonly path: string; readonly fieldRef: { readonly fieldPath: string } }[];
  };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly timeoutSeconds: number;
}

/** Returns the value of a field path of the downward API, for example, `metadata.namespace`. */
export function podField({ metadata, spec }: Pod, path: string): string {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.serviceAccountName': spec.serviceAccountName,
  };
  const value = fields[path];
  if (value === undefined) {
    throw new Error(`the tests do not support the field path ${path}`);
  }
  return value;
}

/** Returns the effective security context. The fields of the container override those of the pod. */
export function securityContextOf({ spec }: Pod): SecurityContext {
  return { ...spec.securityContext, ...spec.containers[0].securityContext };
}

const UNITS: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, '': 1 };

/** Returns the memory limit of the container in bytes. Throws if it has none. */
export function memoryLimitOf({ spec }: Pod): number {
  const text = spec.containers[0].resources?.limits?.memory ?? '';
  const [, number, unit = ''] = /^(\d+)(Ki|Mi|Gi|)$/.exec(text) ?? [];
  if (number === undefined) {
    throw new Error(`the container needs a memory limit in Ki, Mi, or Gi, not ${JSON.stringify(text)}`);
  }
  return Number(number) * (UNITS[unit] ?? 1);
}
