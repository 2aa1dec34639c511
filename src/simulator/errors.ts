/**
 * Error as AWS returns it: `{"__type": type, "message": message}` with an HTTP status. Exceptions whose shape has no
 * members, for example, ApplicationNotSupportedException, are sent without a message.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly type: string;
  readonly status: number;
  /** Further members of the exception's shape, for example, `ResourceId`. */
  readonly members: Readonly<Record<string, string>>;

  constructor(type: string, message: string, members: Readonly<Record<string, string>> = {}, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
    this.members = members;
  }
}

export const invalidParameterValues = (message: string) => new ServiceError('InvalidParameterValuesException', message);

/** Error of the Resource Groups Tagging API. */
export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);

export const resourceNotFound = (resourceID: string, message: string) =>
  new ServiceError('ResourceNotFoundException', message, { ResourceId: resourceID });

export const resourceInUse = (resourceID: string, message: string) =>
  new ServiceError('ResourceInUseException', message, { ResourceId: resourceID });

export const resourceUnavailable = (resourceID: string, message: string) =>
  new ServiceError('ResourceUnavailableException', message, { ResourceId: resourceID });

export const resourceAlreadyExists = (message: string) => new ServiceError('ResourceAlreadyExistsException', message);

export const operationNotSupported = (message: string) => new ServiceError('OperationNotSupportedException', message);

/** Error of a throttled call. The WorkSpaces API sends one that is common to AWS APIs and missing in its model. */
export const throttled = (operation?: string) =>
  new ServiceError(operation === 'GetResources' ? 'ThrottledException' : 'ThrottlingException', 'Rate exceeded');

export const serialization = (message: string) => new ServiceError('SerializationException', message);

export const unknownOperation = (target: string) =>
  new ServiceError('UnknownOperationException', `The operation ${target} is not known to the service.`);
