import Type, { type Static, type TSchema } from 'typebox';
import { problemsOf, showPath } from './schema.ts';

/** Returns the schema of a switch. The first value is the default. */
function oneOf<Value extends string>(description: string, ...values: readonly [Value, ...Value[]]) {
  return Type.Optional(Type.Enum([...values] as Value[], { description: `${description} Defaults to ${values[0]}.` }));
}

const SWITCHES = {
  changesInOtherStates: oneOf(
    'Response to Associate and Disassociate for a WorkSpace that is neither AVAILABLE nor STOPPED.',
    'Reject',
    'Accept',
  ),
  rejectedState: oneOf(
    'Exception for a WorkSpace in a state that rejects changes. ByState uses ResourceInUseException for transient states and OperationNotSupportedException for all others.',
    'ByState',
    'ResourceInUseException',
    'OperationNotSupportedException',
    'ResourceUnavailableException',
  ),
  incompatibleUntil: oneOf(
    'Until when an installed application prevents the association of an incompatible one: until it is disassociated, until it is removed, or never, so that only the deployment fails.',
    'Disassociated',
    'Removed',
    'Deployed',
  ),
  swapOrder: oneOf(
    'Order of a deployment that uninstalls one version and installs another. InstallFirst ends in ValidationError.ApplicationOldVersionExists.',
    'UninstallFirst',
    'InstallFirst',
  ),
  workspaceReady: oneOf(
    'When a WorkSpace leaves UPDATING, relative to the last association of the deployment. The difference is durations.settling.',
    'WithLastAssociation',
    'BeforeLastAssociation',
    'AfterLastAssociation',
  ),
  undoneRemoval: oneOf(
    'State of an association whose disassociation is undone: the state before it, or PENDING_INSTALL_DEPLOYMENT.',
    'Previous',
    'PendingInstallDeployment',
  ),
  undoneInstallation: oneOf(
    'What remains of an association that is canceled before its deployment: an association in REMOVED, or none.',
    'Removed',
    'Unlisted',
  ),
  repeatedDisassociation: oneOf(
    'Response to Disassociate for an association whose removal is pending.',
    'ResourceInUseException',
    'OperationNotSupportedException',
    'Accept',
  ),
  emptyDeployment: oneOf(
    'Response to Deploy without pending changes.',
    'InvalidParameterValuesException',
    'OperationNotSupportedException',
    'Accept',
  ),
  malformedInput: oneOf(
    'Exception for an input that violates the service model.',
    'ValidationException',
    'InvalidParameterValuesException',
  ),
  rateLimitPer: oneOf('Scope of the rate limit: all operations together, or each operation.', 'Account', 'Operation'),
};

/** Schema of the alternatives of behavior that AWS doesn't document. */
export const UNDOCUMENTED_SCHEMA = Type.Object(SWITCHES, {
  additionalProperties: false,
  description: 'Alternatives of behavior that AWS does not document.',
});

/** Selected alternative of each behavior that AWS doesn't document. */
export type Undocumented = Readonly<Required<Static<typeof UNDOCUMENTED_SCHEMA>>>;

/** Alternatives of each switch by name, the default first. */
export const ALTERNATIVES = Object.fromEntries(
  Object.entries(SWITCHES).map(([name, schema]) => [name, (schema as TSchema & { enum: string[] }).enum]),
) as unknown as { readonly [Name in keyof Undocumented]: readonly [Undocumented[Name], ...Undocumented[Name][]] };

export const UNDOCUMENTED_DEFAULTS = Object.fromEntries(
  Object.entries(ALTERNATIVES).map(([name, [first]]) => [name, first]),
) as Undocumented;

/**
 * Parses an alternative from the command line, for example, `swapOrder=InstallFirst`. Throws an Error that describes the
 * problem.
 */
export function parseAlternative(text: string): Partial<Undocumented> {
  const [, name = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const [problem] = problemsOf({ [name]: value }, UNDOCUMENTED_SCHEMA);
  if (problem === undefined) {
    return { [name]: value };
  }
  throw new Error(`${showPath(problem.path)}: ${problem.text}`);
}
