import type { Account } from './accessDenied.ts';
import type { SimulatedRole } from './seedDocument.ts';
import type { Signer } from './signature.ts';
import type { WireResponse } from './wireResponse.ts';

interface Session {
  readonly accountID: string;
  readonly arn: string;
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
/** Default session duration of AWS. */
const SESSION_DURATION_MS = 3_600_000;

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

  /** Processes a request of the query protocol: a form in, XML out. */
  handle(body: string, signer: Signer): WireResponse {
    const form = new URLSearchParams(body);
    const session = this.#sessionOf(signer);
    switch (form.get('Action')) {
      case 'GetCallerIdentity':
        return success('GetCallerIdentity', {
          Arn: session.arn,
          UserId: 'AIDASIMULATED',
          Account: session.accountID,
        });
      case 'AssumeRole':
      case 'AssumeRoleWithWebIdentity':
        return this.#assumeRole(form, session);
      default:
        return failure(400, 'InvalidAction', `Could not find operation ${form.get('Action')} for version 2011-06-15`);
    }
  }

  /** The token of a web identity isn't checked, and it needs no external ID. */
  #assumeRole(form: URLSearchParams, caller: Session): WireResponse {
    const action = form.get('Action') ?? '';
    const isWebIdentity = form.has('WebIdentityToken');
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
    const accessKeyId = `ASIASIMULATED${String(this.#sessions.size + 1).padStart(7, '0')}`;
    const arn = `arn:aws:sts::${accountID}:assumed-role/${name}/${form.get('RoleSessionName')}`;
    this.#sessions.set(accessKeyId, { accountID, arn });
    return success(action, {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: 'simulated',
        SessionToken: 'simulated',
        Expiration: new Date(this.#now().getTime() + SESSION_DURATION_MS).toISOString(),
      },
      AssumedRoleUser: { Arn: arn, AssumedRoleId: `AROASIMULATED:${form.get('RoleSessionName')}` },
    });
  }

  #sessionOf({ accessKeyId = '' }: Signer): Session {
    const [{ accountID } = { accountID: '' }] = this.#accounts;
    return this.#sessions.get(accessKeyId) ?? { accountID, arn: `arn:aws:iam::${accountID}:user/simulated` };
  }
}

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
