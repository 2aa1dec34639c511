import type { Fault } from './faults.ts';
import { isObject, type JsonObject } from './validate.ts';

/** Members of an item with the ID of its WorkSpace, directory, or application. An ARN ends with the ID. */
const ID_MEMBERS = ['WorkspaceId', 'DirectoryId', 'ApplicationId', 'AssociatedResourceId', 'ResourceARN'];

/** Replaces or removes a member of the items in a response that have all IDs of a fault. */
export function replaceMember(output: JsonObject, fault: Fault): void {
  const { member = '', value, workspaceID, applicationID, directoryID } = fault;
  const required = [workspaceID, applicationID, directoryID].filter((id) => id !== undefined);
  const items = Object.values(output).filter(Array.isArray).flat().filter(isObject);
  for (const item of items) {
    const ids = ID_MEMBERS.map((name) => String(item[name]).split('/').at(-1));
    if (required.every((id) => ids.includes(id))) {
      if (value === undefined) {
        delete item[member];
      } else {
        item[member] = value;
      }
    }
  }
}
