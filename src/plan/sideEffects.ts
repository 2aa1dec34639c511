import type { Application } from '../fleet/model.ts';
import type { Finding } from './plan.ts';

/** What AWS removes together with an application of Amazon. */
interface SideEffect {
  /** Matches the name of the application. */
  readonly name: RegExp;
  readonly effect: string;
  /** Page of AWS that documents it. */
  readonly source: string;
}

/** Side effects of removals that AWS documents. */
export const SIDE_EFFECTS: readonly SideEffect[] = [
  {
    name: /\bMicrosoft Office\b.*\b2016\b/,
    effect: 'AWS also removes Trend Micro, which is part of the Office 2016 bundle',
    source: 'https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html',
  },
];

/** Returns what AWS removes together with an application, as text. Undefined if AWS documents nothing. */
export function sideEffectOf({ name, owner = 'AMAZON' }: Pick<Application, 'name' | 'owner'>): string | undefined {
  return name === undefined || owner !== 'AMAZON'
    ? undefined
    : SIDE_EFFECTS.find((sideEffect) => sideEffect.name.test(name))?.effect;
}

/** Appends the side effect of a removal to a message, unless the message contains it. */
export function withSideEffect(message: string, { desired, application }: Finding): string {
  const effect = desired === 'Absent' ? sideEffectOf(application) : undefined;
  return effect === undefined || message.includes(effect) ? message : `${message}; ${effect}`;
}
