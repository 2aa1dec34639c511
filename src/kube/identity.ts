/** Who the operator is to the API server: field manager, user agent, and the source of events. */
export const COMPONENT = 'wsap-operator';
