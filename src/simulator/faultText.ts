import { FAULT_SCHEMA, type Fault } from './faults.ts';
import { problemsOf, showPath } from './schema.ts';

/**
 * Parses a fault from the command line: its kind, then fields, for example,
 * `Throttle,operation=DescribeWorkspaces,times=3`. A message can't contain a comma. Throws an Error that describes the
 * problem.
 */
export function parseFault(text: string): Fault {
  const [kind = '', ...fields] = text.split(',');
  const entries = fields.map((field) => {
    const [, name = field, value = ''] = /^([^=]*)=(.*)$/s.exec(field) ?? [];
    return [name, /^-?\d+(\.\d+)?$/.test(value) && name !== 'message' ? Number(value) : value];
  });
  const fault: unknown = { fault: kind, ...Object.fromEntries(entries) };
  const [problem] = problemsOf(fault, FAULT_SCHEMA);
  if (problem === undefined) {
    return fault as Fault;
  }
  const path = showPath(problem.path);
  throw new Error(path === '' ? problem.text : `${path}: ${problem.text}`);
}
