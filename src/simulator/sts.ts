import { hash } from 'node:crypto';
import type { Account } from './accessDenied.ts';
import type { Caller } from './cloudTrail.ts';
import { milliseconds } from './seed.ts';
import type { SimulatedRole } from './seedDocument.ts';
import type { Signer } from './signature.ts';
import type { WireResponse } from './wireResponse.ts';

interface Session {
  readonly accountID: string;
  readonly arn: string;
  readonly userID: string;
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
/** Default session duration, and default maximum of a role, in seconds. */
const DEFAULT_DURATION = 3_600;

/** Constraint of a parameter: its length or value, and its pattern. */
interface Constraint {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
  readonly isNumber?: boolean;
  readonly isRequired?: boolean;
}

/** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const CONSTRAINTS: readonly Constraint[] = [
  { name: 'RoleArn', min: 20, max: 2048, isRequired: true },
  { name: 'RoleSessionName', min: 2, max: 64, pattern: /^[\w+=,.@-]*$/, isRequired: true },
  { name: 'ExternalId', min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/ },
  { name: 'DurationSeconds', min: 900, max: 43_200, isNumber: true },
];

/**
 * Security Token Service with the operations that wsap uses. A request signed with an unknown key counts as a user of
 * the first account because signatures aren't verified.
 */
export class Sts {
  readonly #accounts: readonly (Account & { readonly roles: readonly SimulatedRole[] })[];
  readonly #now: () => Date;
  readonly #sessions = new Map<string, Session>();

  constructor(accounts: readonly (Account & { readonly roles: readonly SimulatedRole[] })[], now: () => Date) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /** Returns the account of a request's credentials. */
  accountOf(signer: Signer): string | undefined {
    return this.#sessionOf(signer).accountID;
  }

  /** Returns the identity of a request's credentials. */
  callerOf(signer: Signer, userAgent: string): Caller {
    const { arn, userID } = this.#sessionOf(signer);
    return { arn, userID, userAgent };
  }

  /** Processes a request of the query protocol: a form in, XML out. */
  handle(body: string, signer: Signer): WireResponse {
    const form = new URLSearchParams(body);
    const session = this.#sessionOf(signer);
    switch (form.get('Action')) {
      case 'GetCallerIdentity':
        return success('GetCallerIdentity', {
          Arn: session.arn,
          UserId: session.userID,
          Account: session.accountID,
        });
      case 'AssumeRole':
      case 'AssumeRoleWithWebIdentity':
        return this.#assumeRole(form, session);
      case null:
        return failure(400, 'MissingAction', 'The request must contain an Action.');
      default:
        return failure(400, 'InvalidAction', `Could not find operation ${form.get('Action')} for version 2011-06-15`);
    }
  }

  /** The token of a web identity isn't checked, and it needs no external ID. */
  #assumeRole(form: URLSearchParams, caller: Session): WireResponse {
    const action = form.get('Action') ?? '';
    const isWebIdentity = action === 'AssumeRoleWithWebIdentity';
    const violation = isWebIdentity && !form.has('WebIdentityToken') ? missing('WebIdentityToken') : violationIn(form);
    if (violation !== undefined) {
      return failure(400, 'ValidationError', `1 validation error detected: ${violation}`);
    }
    const roleArn = form.get('RoleArn') ?? '';
    const [, , , , accountID = '', path = ''] = roleArn.split(':');
    const name = path.replace(/^role\//, '');
    const account = this.#accounts.find(
      (candidate) => candidate.accountID === accountID && candidate.roles.some((role) => role.name === name),
    );
    const role = account?.roles.find((candidate) => candidate.name === name);
    const isTrusted =
      role !== undefined && (isWebIdentity || (role.externalID ?? '') === (form.get('ExternalId') ?? ''));
    if (!isTrusted) {
      const message = `User: ${caller.arn} is not authorized to perform: sts:${action} on resource: ${roleArn}`;
      return failure(403, 'AccessDenied', message);
    }
    const seconds = Number(form.get('DurationSeconds') ?? DEFAULT_DURATION);
    const maximum =
      role.maxSessionDuration === undefined ? DEFAULT_DURATION : milliseconds(role.maxSessionDuration) / 1000;
    if (seconds > maximum) {
      const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
      return failure(400, 'ValidationError', message);
    }
    const accessKeyId = `ASIASIMULATED${String(this.#sessions.size + 1).padStart(7, '0')}`;
    const arn = `arn:aws:sts::${accountID}:assumed-role/${name}/${form.get('RoleSessionName')}`;
    const userID = `${roleIDOf(name)}:${form.get('RoleSessionName')}`;
    this.#sessions.set(accessKeyId, { accountID, arn, userID });
    return success(action, {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: 'simulated',
        SessionToken: 'simulated',
        Expiration: new Date(this.#now().getTime() + seconds * 1000).toISOString(),
      },
      AssumedRoleUser: { Arn: arn, AssumedRoleId: userID },
    });
  }

  #sessionOf({ accessKeyId = '' }: Signer): Session {
    const [{ accountID } = { accountID: '' }] = this.#accounts;
    const user = { accountID, arn: `arn:aws:iam::${accountID}:user/simulated`, userID: 'AIDASIMULATED0000001' };
    return this.#sessions.get(accessKeyId) ?? user;
  }
}

/** Returns the unique ID of a role: AROA and 17 characters that depend on its name. */
function roleIDOf(name: string): string {
  return `AROA${hash('sha256', name, 'hex').toUpperCase().slice(0, 17)}`;
}

/** Returns the first violated constraint in the words of AWS, or undefined. */
function violationIn(form: URLSearchParams): string | undefined {
  for (const { name, min, max, pattern, isNumber = false, isRequired = false } of CONSTRAINTS) {
    const value = form.get(name);
    if (value === null) {
      if (isRequired) {
        return missing(name);
      }
      continue;
    }
    const size = isNumber ? Number(value) : value.length;
    const kind = isNumber ? 'value' : 'length';
    if (Number.isNaN(size) || size < min) {
      return violated(name, value, `Member must have ${kind} greater than or equal to ${min}`);
    }
    if (size > max) {
      return violated(name, value, `Member must have ${kind} less than or equal to ${max}`);
    }
    if (pattern?.test(value) === false) {
      return violated(name, value, `Member must satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`);
    }
  }
  return undefined;
}

const missing = (name: string) =>
  `Value null at '${memberOf(name)}' failed to satisfy constraint: Member must not be null`;

const violated = (name: string, value: string, constraint: string) =>
  `Value '${value}' at '${memberOf(name)}' failed to satisfy constraint: ${constraint}`;

/** AWS shows the name of a member with a lowercase first letter. */
const memberOf = (name: string) => name.slice(0, 1).toLowerCase() + name.slice(1);

type Members = { readonly [name: string]: string | Members };

function success(action: string, result: Members): WireResponse {
  const metadata = '<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>';
  return xml(
    200,
    `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${elements(result)}</${action}Result>${metadata}</${action}Response>`,
  );
}

function failure(status: number, code: string, message: string): WireResponse {
  const error = elements({ Error: { Type: 'Sender', Code: code, Message: message } });
  const id = '<RequestId>00000000-0000-4000-8000-000000000000</RequestId>';
  return xml(status, `<ErrorResponse xmlns="${NAMESPACE}">${error}${id}</ErrorResponse>`);
}

function xml(status: number, body: string): WireResponse {
  return { kind: 'response', status, contentType: 'text/xml', body };
}

function elements(members: Members): string {
  return Object.entries(members)
    .map(([name, value]) => `<${name}>${typeof value === 'string' ? escaped(value) : elements(value)}</${name}>`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
