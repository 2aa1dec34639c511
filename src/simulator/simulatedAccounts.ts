import type { ControlParts } from './control.ts';
import type { Endpoint } from './endpoint.ts';
import type { Signer } from './signature.ts';
import type { Sts } from './sts.ts';

/** One account and region of the simulated AWS. */
export interface SimulatedScope extends ControlParts {
  readonly accountID: string;
  readonly region: string;
  readonly endpoint: Endpoint;
}

/** The accounts and regions behind one address; a request is for that of its credentials and its signature's region. */
export class SimulatedAccounts {
  readonly #accounts: readonly [SimulatedScope, ...SimulatedScope[]];
  readonly sts: Sts;

  constructor(accounts: readonly [SimulatedScope, ...SimulatedScope[]], sts: Sts) {
    this.#accounts = accounts;
    this.sts = sts;
  }

  /** Where a request goes that these credentials have signed. What isn't simulated is as the first of its account, or of all. */
  of(signer: Signer): SimulatedScope {
    const accountID = this.sts.accountOf(signer);
    const ofAccount = this.#accounts.filter((scope) => scope.accountID === accountID);
    return ofAccount.find(({ region }) => region === signer.region) ?? ofAccount[0] ?? this.#accounts[0];
  }

  /** The place that the first two steps of a control path name, as `/123456789012/eu-central-1/calls`, or the first; and the rest of the path. */
  controlled(path: string): { readonly scope: SimulatedScope; readonly path: string } {
    const [, accountID, region, rest] = /^\/(\d{12})\/([a-z0-9-]+)(\/.*)$/.exec(path) ?? [];
    const scope = this.#accounts.find((one) => one.accountID === accountID && one.region === region);
    return scope === undefined || rest === undefined ? { scope: this.#accounts[0], path } : { scope, path: rest };
  }
}
