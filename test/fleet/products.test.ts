import { expect, test } from 'vitest';
import { areOfSameFamily, differenceOf } from '../../src/fleet/products.ts';

test.each([
  ['Microsoft Office LTSC Professional Plus 2024', 'Microsoft Visio LTSC Professional 2021', 'version'],
  ['Microsoft Office LTSC Professional Plus 2021', 'Microsoft Visio LTSC Standard 2021', 'edition'],
  ['Microsoft Office Professional Plus 2021 (64-bit)', 'Microsoft Visio Professional 2021 (32-bit)', 'architecture'],
  ['Microsoft Office LTSC Professional Plus 2021', 'Microsoft Project Professional 2021', undefined],
  ['Microsoft Office LTSC Professional Plus 2021', 'Microsoft Visual Studio Professional 2022', undefined],
  ['Microsoft Office LTSC Professional Plus 2021', 'Microsoft Visio', undefined],
  ['Microsoft Office LTSC Professional Plus 2021', undefined, undefined],
])('%s and %s differ in %s', (one, other, difference) => {
  expect(differenceOf(one, other)).toBe(difference);
  expect(differenceOf(other, one)).toBe(difference);
});

test("an application of an unknown family is of no other application's family", () => {
  expect(areOfSameFamily('Contoso Viewer', 'Contoso Viewer 2')).toBe(false);
});
