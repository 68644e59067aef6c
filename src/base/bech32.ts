const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether the check characters of a Bech32 text fit (BIP 173): a mistyped key does not pass. */
export function isBech32(text: string): boolean {
  const split = text.lastIndexOf('1');
  if (split < 1 || text.length - split < 7 || text !== text.toLowerCase()) return false;
  const prefix = text
    .slice(0, split)
    .split('')
    .map((one) => one.charCodeAt(0));
  const values = text
    .slice(split + 1)
    .split('')
    .map((one) => alphabet.indexOf(one));
  if (values.includes(-1)) return false;
  return (
    polymod([...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...values]) === 1
  );
}

function polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if (((top >> bit) & 1) === 1) check ^= generator;
  }
  return check;
}
