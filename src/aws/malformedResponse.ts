/** An answer of AWS whose parts aren't what the API's model says, so that it can't be trusted as complete. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedAnswer';
}
