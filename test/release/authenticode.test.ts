import { describe, expect, test } from 'vitest';
import { withoutSignature } from '../../deploy/release/authenticode.ts';

const HEADER = 0x80;
const OPTIONAL_HEADER = HEADER + 24;
const CODE_END = 0x400;

/** Returns a file with the headers of a Windows executable, followed by a signature. */
function executable({ magic = 0x20b, signature = Buffer.from('signature'), trailer = '' } = {}): Buffer {
  const file = Buffer.alloc(CODE_END, 0xcc);
  file.writeUInt32LE(HEADER, 0x3c);
  file.write('PE\0\0', HEADER, 'latin1');
  file.writeUInt16LE(magic, OPTIONAL_HEADER);
  const entry = entryOf(magic);
  file.writeUInt32LE(signature.length > 0 ? CODE_END : 0, entry);
  file.writeUInt32LE(signature.length, entry + 4);
  return Buffer.concat([file, signature, Buffer.from(trailer)]);
}

function entryOf(magic: number): number {
  return OPTIONAL_HEADER + (magic === 0x20b ? 112 : 96) + 4 * 8;
}

describe('withoutSignature', () => {
  test.each([0x10b, 0x20b])('removes the signature and its entry in the header of %i', (magic) => {
    const expected = executable({ magic }).subarray(0, CODE_END);
    expected.fill(0, entryOf(magic), entryOf(magic) + 8);
    expect(withoutSignature(executable({ magic })).equals(expected)).toBe(true);
  });

  test('does not change its argument', () => {
    const file = executable();
    withoutSignature(file);
    expect(file.equals(executable())).toBe(true);
  });

  test('returns an unsigned executable as it is', () => {
    const file = executable({ signature: Buffer.alloc(0) });
    expect(withoutSignature(file)).toBe(file);
  });

  test('rejects data after the signature, which it would remove', () => {
    expect(() => withoutSignature(executable({ trailer: 'data' }))).toThrow('not at the end');
  });

  test('rejects other files', () => {
    expect(() => withoutSignature(Buffer.alloc(CODE_END))).toThrow('no header of a Windows executable');
    expect(() => withoutSignature(executable({ magic: 0x107 }))).toThrow('neither PE32 nor PE32+');
  });
});
