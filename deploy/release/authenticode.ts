/** Index of the certificate table among the data directories of a Windows executable. */
const CERTIFICATE_TABLE = 4;
const DIRECTORY_BYTES = 8;
/** Offsets by the magic number of the optional header (PE32, PE32+). Source: Microsoft's PE format specification. */
const DIRECTORIES_OFFSET: Readonly<Record<number, number>> = { 267: 96, 523: 112 };

/**
 * Returns a Windows executable without its Authenticode signature, which a change of the executable invalidates. Scanners
 * reject an invalid signature, and accept a missing one. Throws an Error if the file isn't a Windows executable, or if other
 * data follows the signature.
 */
export function withoutSignature(executable: Buffer): Buffer {
  const header = executable.readUInt32LE(0x3c);
  if (executable.toString('latin1', header, header + 4) !== 'PE\0\0') {
    throw new Error('the file has no header of a Windows executable');
  }
  const optionalHeader = header + 24;
  const directories = DIRECTORIES_OFFSET[executable.readUInt16LE(optionalHeader)];
  if (directories === undefined) {
    throw new Error('the optional header of the Windows executable is neither PE32 nor PE32+');
  }
  const entry = optionalHeader + directories + CERTIFICATE_TABLE * DIRECTORY_BYTES;
  const [start, size] = [executable.readUInt32LE(entry), executable.readUInt32LE(entry + 4)];
  if (size === 0) {
    return executable;
  }
  if (start + size !== executable.length) {
    throw new Error('the signature is not at the end of the Windows executable');
  }
  const unsigned = Buffer.from(executable.subarray(0, start));
  unsigned.fill(0, entry, entry + DIRECTORY_BYTES);
  return unsigned;
}
