import type { ControlParts } from './control.ts';
import type { Endpoint } from './endpoint.ts';
import type { Signer } from './signature.ts';
import type { Sts } from './sts.ts';

/** One account and region of the simulated AWS. */
export interface Place extends ControlParts {
  readonly accountID: string;
  readonly region: string;
  readonly endpoint: Endpoint;
}

/** The accounts and regions behind one address; a request is for that of its credentials and its signature's region. */
export class Places {
  readonly #places: readonly [Place, ...Place[]];
  readonly sts: Sts;

  constructor(places: readonly [Place, ...Place[]], sts: Sts) {
    this.#places = places;
    this.sts = sts;
  }

  /** Where a request goes that these credentials have signed. What isn't simulated is as the first of its account, or of all. */
  of(signer: Signer): Place {
    const accountID = this.sts.accountOf(signer);
    const ofAccount = this.#places.filter((place) => place.accountID === accountID);
    return ofAccount.find(({ region }) => region === signer.region) ?? ofAccount[0] ?? this.#places[0];
  }

  /** The place that the first two steps of a control path name, as `/123456789012/eu-central-1/calls`, or the first; and the rest of the path. */
  controlled(path: string): { readonly place: Place; readonly path: string } {
    const [, accountID, region, rest] = /^\/(\d{12})\/([a-z0-9-]+)(\/.*)$/.exec(path) ?? [];
    const place = this.#places.find((one) => one.accountID === accountID && one.region === region);
    return place === undefined || rest === undefined ? { place: this.#places[0], path } : { place, path: rest };
  }
}
