import type { ControlTargets } from './control.ts';
import type { Endpoint } from './endpoint.ts';
import type { Signer } from './signature.ts';
import type { Sqs } from './sqs.ts';
import type { Sts } from './sts.ts';

/** Account and region of the simulated AWS. */
export interface SimulatedScope extends ControlTargets {
  readonly accountID: string;
  readonly region: string;
  readonly endpoint: Endpoint;
  readonly sqs: Sqs;
}

/**
 * Accounts and regions behind one address. The credentials of a request select the account, and its signature selects
 * the region.
 */
export class SimulatedAccounts {
  readonly #accounts: readonly [SimulatedScope, ...SimulatedScope[]];
  readonly sts: Sts;

  constructor(accounts: readonly [SimulatedScope, ...SimulatedScope[]], sts: Sts) {
    this.#accounts = accounts;
    this.sts = sts;
  }

  /** Returns the scope of a signed request. Defaults to the first scope of the account, else to the first of all. */
  scopeOf(signer: Signer): SimulatedScope {
    const accountID = this.sts.accountOf(signer);
    const accountScopes = this.#accounts.filter((scope) => scope.accountID === accountID);
    return accountScopes.find(({ region }) => region === signer.region) ?? accountScopes[0] ?? this.#accounts[0];
  }

  /**
   * Splits a control path, for example, `/123456789012/eu-central-1/calls`, into its scope and the rest. The scope
   * defaults to the first.
   */
  resolveControlPath(path: string): { readonly scope: SimulatedScope; readonly path: string } {
    const [, accountID, region, rest] = /^\/(\d{12})\/([a-z0-9-]+)(\/.*)$/.exec(path) ?? [];
    const scope = this.#accounts.find((candidate) => candidate.accountID === accountID && candidate.region === region);
    return scope === undefined || rest === undefined ? { scope: this.#accounts[0], path } : { scope, path: rest };
  }
}
