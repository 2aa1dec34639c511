/** Controls an etcd through its JSON gateway (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/). */
export class Etcd {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Compacts all versions except the latest. A watch from an earlier version receives 410 Gone. */
  async compact(): Promise<void> {
    const { header } = await this.#post('kv/range', { key: Buffer.from('/').toString('base64') });
    await this.#post('kv/compaction', { revision: header.revision, physical: true });
  }

  /** Sets whether etcd rejects all writes, as with a full disk or an exceeded quota. Reads still work. */
  async setFull(isFull: boolean): Promise<void> {
    await this.#post('maintenance/alarm', {
      action: isFull ? 'ACTIVATE' : 'DEACTIVATE',
      memberID: '0',
      alarm: 'NOSPACE',
    });
  }

  async #post(path: string, body: object): Promise<{ readonly header: { readonly revision: string } }> {
    const response = await fetch(`${this.#url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) {
      throw new Error(`etcd responds with ${response.status} to ${path}: ${await response.text()}`);
    }
    return (await response.json()) as { readonly header: { readonly revision: string } };
  }
}
