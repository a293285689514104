/** Numbers and sizes as a person reads them. */

/** `1,204`. */
export function countText(count: number): string {
  return count.toLocaleString('en');
}

/** `1,204 messages`, `1 message`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)}\u00a0${count === 1 ? one : many}`;
}

/** `480 MB`: decimal units, as mail is counted. */
export function sizeText(octets: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  const power = octets < 1 ? 0 : Math.min(Math.floor(Math.log10(octets) / 3), units.length - 1);
  const value = octets / 1000 ** power;
  const rounded =
    value < 10 && power > 0 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value).toLocaleString('en');
  return `${rounded}\u00a0${units[power]}`;
}
