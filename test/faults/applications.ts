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

/** Release of Office that replaces the one of `APPLICATIONS`. AWS accepts it only beside applications of its own version. */
const newOffice = { applicationID: 'wsa-office024', name: 'Microsoft Office LTSC Professional Plus 2024' } as const;

/** Applications of scenarios with replacements. */
export const REPLACEMENT_APPLICATIONS = [...APPLICATIONS, newOffice] as const;

const [visio, office, project] = APPLICATIONS;

// Entries of a policy's lists.
export const VISIO = { id: visio.applicationID };
export const OFFICE = { id: office.applicationID };
export const NEW_OFFICE = { id: newOffice.applicationID };
export const PROJECT = { id: project.applicationID };
