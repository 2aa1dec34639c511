import { officeProductOf } from './microsoftOffice.ts';
import { shapeNamed } from './model.ts';

/** What AWS documents of an application. */
interface ApplicationFacts {
  readonly state: 'AVAILABLE' | 'UNINSTALL_ONLY';
  readonly supportedComputeTypeNames: readonly string[];
  readonly supportedOperatingSystemNames: readonly string[];
  /** Free disk space that an installation requires, in GiB. */
  readonly requiredDiskSpaceGib: number;
}

/**
 * Applications that AWS offers. AWS documents the names. Two IDs appear in its sample code
 * (https://github.com/aws-samples/workspaces-application-management-automation), all others are invented.
 */
export const AWS_APPLICATIONS = [
  { applicationID: 'wsa-5k2d09vnq', name: 'Microsoft Office LTSC Professional Plus 2024' },
  { applicationID: 'wsa-8x41zs6tw', name: 'Microsoft Office LTSC Standard 2024' },
  { applicationID: 'wsa-3r9hb7mcf', name: 'Microsoft Visio LTSC Professional 2024' },
  { applicationID: 'wsa-6t0wq4yjp', name: 'Microsoft Visio LTSC Standard 2024' },
  { applicationID: 'wsa-9d7xk1lgs', name: 'Microsoft Project Professional 2024' },
  { applicationID: 'wsa-2m5vr8zhb', name: 'Microsoft Project Standard 2024' },
  { applicationID: 'wsa-xrptsxx48', name: 'Microsoft Office LTSC Professional Plus 2021' },
  { applicationID: 'wsa-1c6nf3uwa', name: 'Microsoft Office LTSC Standard 2021' },
  { applicationID: 'wsa-pnwx3wblx', name: 'Microsoft Visio LTSC Professional 2021' },
  { applicationID: 'wsa-7g8py2dke', name: 'Microsoft Visio LTSC Standard 2021' },
  { applicationID: 'wsa-50ff234bh', name: 'Microsoft Project Professional 2021' },
  { applicationID: 'wsa-4j3st9xov', name: 'Microsoft Project Standard 2021' },
  { applicationID: 'wsa-lgf66bnzp', name: 'Microsoft Visual Studio Professional 2022' },
  { applicationID: 'wsa-0z5ec8rim', name: 'Microsoft Visual Studio Enterprise 2022' },
  { applicationID: 'wsa-hvh179sq6', name: 'Microsoft Office Professional Plus 2019' },
  { applicationID: 'wsa-khw7gclz4', name: 'Microsoft Office Professional Plus 2016' },
] as const;

const COMPUTE_TYPES = shapeNamed('Compute').enum ?? [];
const WINDOWS_VERSIONS = (shapeNamed('OperatingSystemName').enum ?? []).filter((name) => name.startsWith('WINDOWS'));

/** Operating systems by version of Office, Visio, and Project. AWS documents none for 2024 on WorkSpaces Personal. */
const OFFICE_OPERATING_SYSTEMS: Readonly<Record<string, readonly string[]>> = {
  2016: ['WINDOWS_SERVER_2016', 'WINDOWS_10', 'WINDOWS_11'],
  2019: ['WINDOWS_SERVER_2019', 'WINDOWS_SERVER_2022', 'WINDOWS_10', 'WINDOWS_11'],
  2021: ['WINDOWS_SERVER_2019', 'WINDOWS_SERVER_2022', 'WINDOWS_10', 'WINDOWS_11'],
  2024: ['WINDOWS_SERVER_2022', 'WINDOWS_SERVER_2025', 'WINDOWS_10', 'WINDOWS_11'],
};
const OFFICE_DISK_SPACE_GIB: Readonly<Record<string, number>> = { 2024: 25 };

/**
 * Returns what AWS documents of the application with a name. Undocumented parts are unlimited. Assumption: Office 2024
 * has the compute types of 2021, and the Windows Server versions that AWS documents for it on Amazon WorkSpaces
 * Applications.
 *
 * Sources: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html,
 * https://aws.amazon.com/about-aws/whats-new/2026/01/microsoft-office-visio-project-2024-amazon-workspaces/
 */
export function documentedFacts(name: string): ApplicationFacts {
  const { version } = officeProductOf(name) ?? {};
  if (version !== undefined) {
    const isUninstallOnly = version === '2016' || version === '2019';
    return {
      state: isUninstallOnly ? 'UNINSTALL_ONLY' : 'AVAILABLE',
      supportedComputeTypeNames: isUninstallOnly
        ? COMPUTE_TYPES
        : withoutComputeTypes('VALUE', 'GRAPHICS', 'GRAPHICSPRO'),
      supportedOperatingSystemNames: OFFICE_OPERATING_SYSTEMS[version] ?? WINDOWS_VERSIONS,
      requiredDiskSpaceGib: OFFICE_DISK_SPACE_GIB[version] ?? 0,
    };
  }
  if (/\bMicrosoft Visual Studio\b/.test(name)) {
    return {
      state: 'AVAILABLE',
      supportedComputeTypeNames: withoutComputeTypes('VALUE', 'STANDARD', 'GRAPHICS', 'GRAPHICSPRO'),
      supportedOperatingSystemNames: ['WINDOWS_SERVER_2022', 'WINDOWS_10', 'WINDOWS_11'],
      requiredDiskSpaceGib: 18,
    };
  }
  return {
    state: 'AVAILABLE',
    supportedComputeTypeNames: COMPUTE_TYPES,
    supportedOperatingSystemNames: WINDOWS_VERSIONS,
    requiredDiskSpaceGib: 0,
  };
}

function withoutComputeTypes(...unsupported: readonly string[]): readonly string[] {
  return COMPUTE_TYPES.filter((name) => !unsupported.includes(name));
}
