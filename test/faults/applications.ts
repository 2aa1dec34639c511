/**
 * Applications of the simulated account. The last one can only be uninstalled. AWS accepts all of them on one WorkSpace,
 * so that every policy can converge.
 */
export const APPLICATIONS = [
  { applicationID: 'wsa-visio0000', name: 'Microsoft Visio LTSC Professional 2021' },
  { applicationID: 'wsa-office000', name: 'Microsoft Office LTSC Professional Plus 2021' },
  { applicationID: 'wsa-project00', name: 'Microsoft Project Professional 2021' },
  { applicationID: 'wsa-office019', name: 'Microsoft Office Proofing Tools', state: 'UNINSTALL_ONLY' },
] as const;

const [visio, office, project] = APPLICATIONS;

// Entries of a policy's lists.
export const VISIO = { id: visio.applicationID };
export const OFFICE = { id: office.applicationID };
export const PROJECT = { id: project.applicationID };
