/** What befalls an etcd, over its JSON gateway (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/). */
export class Etcd {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** It forgets every version but the last: a watch that goes on from an earlier one is answered 410 Gone. */
  async compact(): Promise<void> {
    const { header } = await this.#ask('kv/range', { key: Buffer.from('/').toString('base64') });
    await this.#ask('kv/compaction', { revision: header.revision, physical: true });
  }

  /** Whether it refuses all writes, as when its disk is full or its quota used up. Reads go on. */
  async setFull(isFull: boolean): Promise<void> {
    await this.#ask('maintenance/alarm', {
      action: isFull ? 'ACTIVATE' : 'DEACTIVATE',
      memberID: '0',
      alarm: 'NOSPACE',
    });
  }

  async #ask(what: string, body: object): Promise<{ readonly header: { readonly revision: string } }> {
    const response = await fetch(`${this.#url}/v3/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) {
      throw new Error(`etcd answers ${response.status} to ${what}: ${await response.text()}`);
    }
    return (await response.json()) as { readonly header: { readonly revision: string } };
  }
}
