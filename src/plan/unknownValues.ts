import { listsNaming, mayNameApplication, namesApplication } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';
import type { ApplicablePolicies } from './applicablePolicies.ts';
import { type Explanation, explain } from './explanation.ts';

/** A policy with entries that might match an application once AWS reports its name and its owner. */
interface UncertainPolicy {
  /** Whether an entry might protect the application from a removal. */
  readonly mayProtect: boolean;
  readonly mayDeny: boolean;
  /** WorkSpaces for which an exception might name the application. */
  readonly mayExcept: ReadonlySet<string>;
}

/** Returns why an application stays unchanged on a WorkSpace because of a value that AWS omitted or that can't be trusted. */
export type UnknownValueOf = (workspace: Workspace) => Explanation | undefined;

/** Returns the function for an application. */
export function unknownValuesOf(application: Application, policies: ApplicablePolicies): UnknownValueOf {
  const { policy: viewer } = policies;
  const own = listsNaming(viewer, application);
  // `unlisted` doesn't apply to an application without a name.
  if (!own.required && !own.denied && application.name === undefined) {
    return untrustedValueOf(application);
  }
  const uncertain = uncertainPolicies(application, policies.all());
  if (application.untrusted !== undefined || uncertain.size === 0) {
    return untrustedValueOf(application);
  }
  const opposes = (policy: Policy, workspaceID: string) => {
    const { mayProtect, mayDeny, mayExcept } = uncertain.get(policy) ?? NOT_UNCERTAIN;
    return (own.required ? mayDeny : mayProtect) || mayExcept.has(workspaceID);
  };
  const find = policies.finderOf((policy) => uncertain.has(policy));
  return (workspace) => {
    const { selecting, everywhere, undecided } = find(workspace);
    const [opposing] = [selecting, everywhere, undecided]
      .flatMap((list) => list.find((policy) => opposes(policy, workspace.workspaceID)) ?? [])
      .sort((a, b) => policies.rankOf(a) - policies.rankOf(b));
    return (
      opposing &&
      explain(
        viewer,
        [opposing],
        (name) =>
          `kept until AWS reports the name and the owner of the application, which ${name([opposing])} may list`,
      )
    );
  };
}

const NOT_UNCERTAIN: UncertainPolicy = { mayProtect: false, mayDeny: false, mayExcept: new Set() };

function untrustedValueOf({ untrusted }: Application): UnknownValueOf {
  const explanation = untrusted === undefined ? undefined : { because: untrustedMessage(untrusted) };
  return () => explanation;
}

function untrustedMessage(untrusted: string): string {
  return `kept because AWS returned a value of the application that can't be trusted: ${untrusted}`;
}

function uncertainPolicies(
  application: Application,
  policies: readonly Policy[],
): ReadonlyMap<Policy, UncertainPolicy> {
  if (application.name !== undefined && application.owner !== undefined) {
    return new Map();
  }
  const isUncertain = (matcher: ApplicationMatcher) =>
    !namesApplication(matcher, application) && mayNameApplication(matcher, application);
  const all = policies.map((policy) => {
    const uncertain = {
      mayProtect: [...policy.required, ...policy.allowed].some(isUncertain),
      mayDeny: policy.denied.some(isUncertain),
      mayExcept: new Set(
        policy.exceptions.flatMap((exception) =>
          isUncertain(exception.application) ? [...exception.workspaceIDs] : [],
        ),
      ),
    };
    return [policy, uncertain] as const;
  });
  return new Map(all.filter(([, { mayProtect, mayDeny, mayExcept }]) => mayProtect || mayDeny || mayExcept.size > 0));
}
